// Progress while cells run, and honest words when the page has lost its kernel.
// Voilà calls the functions voila_*; index.html.j2 and failed.html.j2 call apportionFailed.
(() => {
  'use strict';
  const RETRY = 3000, GIVE_UP = 60000;
  const ENDED = 'This page has ended, because it was idle or its process stopped.';
  let open = 0, seen = false, over = false, leaving = false, asking = false;

  const element = (id) => document.getElementById(id);
  const endLoading = () => element('loading')?.remove();

  function say(message, button) {
    const box = element('ap-status');
    if (!box) return;
    box.hidden = !message;
    box.replaceChildren(message);
    if (button) {
      const again = document.createElement('button');
      again.type = 'button';
      again.textContent = button;
      again.onclick = () => location.reload();
      box.append(' ', again);
    }
  }

  window.voila_heartbeat = () => {};
  window.voila_finish = () => {};
  window.voila_process = (cell, count) => {
    const bar = element('ap-progress'), text = element('loading_text');
    if (bar) { bar.max = count + 1; bar.value = cell; }
    if (text) text.textContent = `Preparing the page: step ${cell} of ${count}`;
  };

  window.apportionFailed = (reference, message) => {
    over = true;
    endLoading();
    say(`${message || 'This page could not be prepared.'} (reference ${reference})`, 'Try again');
  };

  // The skeleton goes when the first widget is drawn, not when the last cell has run.
  document.addEventListener('DOMContentLoaded', () => {
    const main = element('rendered_cells');
    const watch = new MutationObserver(() => {
      if (!main.querySelector('.jupyter-widgets, .jp-OutputArea-output')) return;
      endLoading();
      watch.disconnect();
    });
    watch.observe(main, { childList: true, subtree: true });
    setTimeout(() => { watch.disconnect(); endLoading(); }, GIVE_UP);
  });

  function ended() {
    over = true;
    say(ENDED, 'Load again');
  }

  // Lost connection, or an ended kernel? The server knows, and tells it of our own kernel only.
  async function look() {
    if (over || leaving || open || asking) return;
    const config = element('jupyter-config-data');
    if (!config) return;
    asking = true;
    say('Connection lost. Trying again.');
    try {
      const answer = await fetch('/api/kernels/' + JSON.parse(config.textContent).kernelId);
      if (!answer.ok) ended();
    } catch { /* offline: ask again */ }
    asking = false;
    setTimeout(look, RETRY);
  }

  // A page has one WebSocket, its kernel's. It is watched from outside, so no Voilà code is patched.
  window.WebSocket = class extends window.WebSocket {
    constructor(...settings) {
      super(...settings);
      let opened = false;
      this.addEventListener('open', () => { opened = seen = true; open += 1; if (!over) say(''); });
      this.addEventListener('close', () => { if (opened) open -= 1; look(); });
      this.addEventListener('message', (event) => {
        const size = event.data.byteLength ?? 0;
        const text = typeof event.data === 'string' ? event.data
          : size < 4096 ? new TextDecoder().decode(event.data) : '';
        if (/"execution_state": ?"(dead|restarting)"/.test(text)) ended();
      });
    }
  };

  document.addEventListener('visibilitychange', () => { if (seen && !document.hidden) look(); });
  addEventListener('pagehide', () => { leaving = true; });
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
})();
