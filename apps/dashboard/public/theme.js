// Runs before the first paint, so that a chosen theme does not flash the other one.
(function () {
  try {
    var saved = JSON.parse(localStorage.getItem('openmanager.preferences') || '{}');
    if (saved.theme === 'dark' || saved.theme === 'light')
      document.documentElement.dataset.theme = saved.theme;
  } catch {
    // Storage may be refused by the browser; the system's theme serves then.
  }
})();
