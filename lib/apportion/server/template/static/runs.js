// Keeps progress on the page up to date; without this script a reload shows the same.
(() => {
  'use strict';
  const EVERY = 2000, HIDDEN = 15000, LATE = 10000;
  const API = '/api/admin/attribution/runs/';
  const shown = (value) => document.querySelectorAll(`[data-run="${value}"]`);
  const set = (box, key, text) => { const part = box.querySelector(`[data-k=${key}]`); if (part && part.textContent !== text) part.textContent = text; };

  function left(seconds) {
    if (!seconds) return '';
    const whole = Math.round(seconds);
    if (whole < 60) return `about ${whole} s left`;
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `about ${minutes} min ${whole % 60} s left` : `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  }

  function chains(run) {
    const box = document.querySelector('[data-k=chains]');
    if (!box || !run.chains.length) return;
    box.replaceChildren(...run.chains.map((chain) => {
      const row = document.createElement('div'), term = document.createElement('dt'), text = document.createElement('dd');
      term.textContent = `Chain ${chain.chain}`;
      const odd = chain.divergences ? `, ${chain.divergences} divergence${chain.divergences > 1 ? 's' : ''}` : '';
      text.textContent = `${chain.draws.toLocaleString('en')} of ${chain.total.toLocaleString('en')} draws${odd}`;
      row.append(term, text);
      return row;
    }));
  }

  async function look(id) {
    const answer = await fetch(API + id, { headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(answer.status);
    const run = await answer.json();
    for (const box of shown(id)) {
      if (box.dataset.status !== run.status) { location.reload(); return; }
      box.querySelector('progress').value = run.progress;
      if (run.message) set(box, 'message', run.message);
      set(box, 'share', `${Math.round(100 * run.progress)}%`);
      set(box, 'left', left(run.remainingSeconds));
    }
    chains(run);
  }

  async function follow() {
    let wait = document.hidden ? HIDDEN : EVERY;
    try {
      const ids = new Set([...document.querySelectorAll('[data-run]')].map((box) => box.dataset.run));
      for (const id of ids) await look(id);
    } catch {
      wait = LATE; // the server may be away for a moment; what is shown stays
    }
    setTimeout(follow, wait);
  }
  setTimeout(follow, EVERY);
})();
