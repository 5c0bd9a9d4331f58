import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/**
 * web-llm is one module whose four top-level `require…()` calls unpack 5.9 MB of inlined WebAssembly.
 * Marked pure, they drop out of every chunk that uses only the worker client, which leaves 23 KB.
 */
function slimWebLlm(): Plugin {
  return {
    name: 'slim-web-llm',
    enforce: 'pre',
    transform(code, id) {
      if (!/@mlc-ai[\\/]web-llm[\\/]lib[\\/]index\.js/.test(id)) return null;
      const marked = code.replace(/^var (\w[\w$]*) = (require\w[\w$]*\(\));/gm, 'var $1 = /*#__PURE__*/ $2;');
      return { code: marked, map: null };
    },
  };
}

/** The dev server injects inline scripts and styles, which the page's policy forbids; it applies to builds only. */
function devWithoutCsp(): Plugin {
  return {
    name: 'dev-without-csp',
    apply: 'serve',
    transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
  };
}

export default defineConfig({
  base: './',
  plugins: [
    slimWebLlm(),
    devWithoutCsp(),
    react(),
    tailwindcss(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        id: './',
        name: 'Aerie',
        short_name: 'Aerie',
        description: 'Chat with Aquila and Ziya on your own GPU, offline. 在自己的显卡上与天鹰、姜子牙对话。',
        start_url: './',
        scope: './',
        display: 'standalone',
        background_color: '#111317',
        theme_color: '#111317',
        categories: ['productivity', 'utilities'],
        icons: [
          { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        // Weights are not precached: the first visit stores the built-in model in IndexedDB.
        globPatterns: ['**/*.{js,css,html,svg,png,woff2,wasm,webmanifest}'],
        globIgnores: ['models/**', 'screenshots/**'],
        maximumFileSizeToCacheInBytes: 12 << 20,
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  worker: { format: 'es', plugins: () => [slimWebLlm()] },
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 8000 },
  server: { port: 4173, strictPort: true },
  preview: { port: 4173, strictPort: true },
});
