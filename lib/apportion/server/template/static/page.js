// Progress while cells run, and honest words when the page has lost its kernel.
// Voilà calls the functions voila_*; index.html.j2 and failed.html.j2 call apportionFailed.
(() => {
  'use strict';
  const RETRY = 3000, GIVE_UP = 60000, LATE = 4000, PAINTED = 250;
  const ENDED = 'This page has ended, because it was idle or its process stopped.';
  const SIGNED_OUT = 'You are no longer signed in.';
  let open = 0, seen = false, over = false, leaving = false, asking = false;

  const element = (id) => document.getElementById(id);
  // The analysts' tables scroll, so a keyboard must reach them.
  const makeReachable = () => {
    for (const [place, table] of document.querySelectorAll('table.dataframe').entries()) {
      const box = table.closest('.jp-RenderedHTMLCommon');
      if (box && !box.hasAttribute('tabindex')) Object.assign(box, { tabIndex: 0, role: 'region', ariaLabel: `Table ${place + 1}` });
      // pandas heads its index with an empty cell, which is no heading.
      for (const cell of table.querySelectorAll('th:empty')) cell.replaceWith(document.createElement('td'));
    }
  };

  const endLoading = () => {
    const loading = element('loading');
    if (!loading) return;
    const had = loading.contains(document.activeElement);
    loading.remove();
    document.body.classList.remove('ap-waiting');
    const skip = document.querySelector('.ap-skip');
    if (skip) skip.hash = 'rendered_cells';
    if (had) element('rendered_cells')?.focus({ preventScroll: true });
  };

  function say(message, button, act = () => location.reload()) {
    const box = element('ap-status');
    if (!box) return;
    box.hidden = !message;
    box.replaceChildren(message);
    if (button) {
      const again = document.createElement('button');
      again.type = 'button';
      again.textContent = button;
      again.onclick = act;
      box.append(' ', again);
    }
  }

  window.voila_heartbeat = () => {};
  window.voila_finish = () => {};
  window.voila_process = (cell, count) => {
    const bar = element('ap-progress'), text = element('loading_text');
    if (bar) { bar.max = count + 1; bar.value = cell; }
    if (text) text.textContent = `Preparing the charts: step ${cell} of ${count}`;
  };

  window.apportionFailed = (reference, message) => {
    over = true;
    endLoading();
    say(`${message || 'This page could not be prepared.'} (reference ${reference})`, 'Try again');
  };

  // What came first goes when the widgets have drawn as many cards, so that nothing moves.
  document.addEventListener('DOMContentLoaded', () => {
    const main = element('rendered_cells');
    const first = document.querySelectorAll('#loading .ap-first .ap-card').length;
    new MutationObserver(makeReachable).observe(main, { childList: true, subtree: true });
    let late;
    const watch = new MutationObserver(() => {
      const drawn = first ? main.querySelectorAll('.jupyter-widgets .ap-card').length >= first
        : main.querySelector('.jupyter-widgets, .jp-OutputArea-output');
      if (drawn) { watch.disconnect(); requestAnimationFrame(endLoading); }
      // A page that draws less than came first is shown a little later all the same.
      else if (main.querySelector('.jupyter-widgets, .jp-OutputArea-output')) late ??= setTimeout(endLoading, LATE);
    });
    watch.observe(main, { childList: true, subtree: true });
    setTimeout(() => { watch.disconnect(); endLoading(); }, GIVE_UP);
  });

  function ended() {
    over = true;
    say(ENDED, 'Load again');
  }

  function signedOut() {
    over = true;
    say(SIGNED_OUT, 'Sign in', () => {
      location.href = '/login?next=' + encodeURIComponent(location.pathname + location.search);
    });
  }

  // Voilà's front end may start while the cells still run: it would wait for 'load', which is when
  // the last cell is there. It asks for the kernel when it is ready to draw, and is answered then.
  const listen = window.addEventListener;
  window.addEventListener = function add(kind, act, ...rest) {
    if (kind === 'load' && document.readyState !== 'complete') queueMicrotask(act);
    else listen.call(window, kind, act, ...rest);
  };
  const cells = new Promise((done) => { document.addEventListener('DOMContentLoaded', done); });
  const ask = window.fetch.bind(window);
  window.fetch = async (what, ...rest) => {
    if (/\/api\/kernels\//.test(what.url ?? what)) await cells;
    return ask(what, ...rest);
  };
  // Not before the first content is on screen; a page in the background paints nothing.
  window.apportionStart = (address) => {
    const script = document.createElement('script');
    script.src = address;
    const start = () => { if (!script.isConnected) document.head.append(script); };
    requestAnimationFrame(() => setTimeout(start));
    setTimeout(start, PAINTED);
  };

  // Lost connection, or an ended kernel? The server knows, and tells it of our own kernel only.
  async function look(isDoubtful = false) {
    if (over || leaving || (open && !isDoubtful) || asking) return;
    const config = element('jupyter-config-data');
    if (!config) return;
    asking = true;
    if (!open) say('Connection lost. Trying again.');
    try {
      const answer = await ask('/api/kernels/' + JSON.parse(config.textContent).kernelId);
      if (answer.status === 401 || answer.status === 403) signedOut();
      else if (!answer.ok) ended();
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
  // Voilà ends the kernel here already; whoever stays after all (a download) is told so.
  addEventListener('beforeunload', () => {
    leaving = true;
    setTimeout(() => { leaving = false; if (seen) look(true); }, RETRY);
  });
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
})();
