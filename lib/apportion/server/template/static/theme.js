// The theme: the system's, or the one chosen in this browser. Runs before the page is painted.
(() => {
  'use strict';
  const KEY = 'apportion-theme';
  const MEDIA = { system: 'screen and (prefers-color-scheme: dark)', light: 'not all', dark: 'screen' };
  const link = document.getElementById('ap-dark');

  function chosen() {
    try { return MEDIA[localStorage.getItem(KEY)] ? localStorage.getItem(KEY) : 'system'; }
    catch { return 'system'; } // storage may be forbidden: then the system decides
  }
  function apply() {
    link.media = MEDIA[chosen()];
    const radio = document.querySelector(`#ap-theme input[value=${chosen()}]`);
    if (radio) radio.checked = true;
  }

  apply();
  addEventListener('storage', apply);
  document.addEventListener('DOMContentLoaded', () => {
    // The open tab of a row that is wider than a phone.
    document.querySelector('.ap-tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
    const box = document.getElementById('ap-theme');
    if (!box) return;
    box.hidden = false;
    apply();
    box.addEventListener('change', (event) => {
      try { localStorage.setItem(KEY, event.target.value); } catch { /* this page only */ }
      link.media = MEDIA[event.target.value];
    });
    const menu = document.getElementById('ap-menu');
    document.addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false; });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !menu.open) return;
      menu.open = false;
      menu.querySelector('summary').focus();
    });
  });
})();
