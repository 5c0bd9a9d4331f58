// On Debian as root: the browser and the software GPU drivers that the tests run on. Elsewhere: nothing, and the tests say what was missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { findBrowser } from './browser.mjs';

const BACKPORTS = '/etc/apt/sources.list.d/aerie-backports.sources';

const run = (command, args) =>
  spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
const version = (name) => run('dpkg-query', ['-W', '-f=${Version}', name]).stdout?.trim() ?? '';

/** Mesa before 24 lacks what Dawn asks of lavapipe. */
const hasMesa = () => Number.parseInt(version('mesa-vulkan-drivers'), 10) >= 24;

function sourceLines() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : []),
  ];
  return files
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

/** Adds bookworm-backports on the mirror that the machine already uses for bookworm itself. */
function addBackports() {
  const lines = sourceLines();
  if (/^\s*(Suites:|deb ).*bookworm-backports/m.test(lines)) return;
  const mirror =
    lines.match(/^URIs:\s*(\S+\/debian\/?)\s*$/m)?.[1] ??
    lines.match(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+\/debian\/?)\s/m)?.[1] ??
    'http://deb.debian.org/debian';
  writeFileSync(
    BACKPORTS,
    `Types: deb\nURIs: ${mirror}\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
}

/** Installs what is missing; problems are printed and left to the steps that need the package. */
export async function installSystemPackages() {
  const isDebianRoot =
    process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (!isDebianRoot) return;
  const plain = [];
  if (!(await findBrowser())) plain.push('chromium');
  if (!version('libvulkan1')) plain.push('libvulkan1');
  const isBookworm =
    existsSync('/etc/os-release') &&
    readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm');
  const mesa = hasMesa() ? [] : ['mesa-vulkan-drivers'];
  if (plain.length + mesa.length === 0) return;
  console.log(`Installing system packages: ${[...plain, ...mesa].join(', ')} …`);
  if (mesa.length && isBookworm) addBackports();
  run('apt-get', ['update', '-qq']);
  const install = ['install', '-y', '-qq', '--no-install-recommends'];
  for (const args of [plain, mesa.length && isBookworm ? ['-t', 'bookworm-backports', ...mesa] : mesa]) {
    if (args.length === 0) continue;
    const { status, stderr } = run('apt-get', [...install, ...args]);
    if (status !== 0) console.error(`apt-get could not install ${args.join(' ')}:\n${stderr.slice(-600)}`);
  }
}
