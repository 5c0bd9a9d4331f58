// Before the first paint: the theme the user chose, so that the page does not flash in the other one.
try {
  const theme = localStorage.getItem('aerie-theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme stays.
}
