/* Markup made in Python whose [data-act] elements report clicks, and whose named fields report what is entered.

   Python escapes whatever a tenant wrote. A redraw gives the focus back; while a field is in the hand only the parts
   marked [data-k] are replaced, so that nothing moves under the fingers. A [role=dialog] keeps the focus inside. */

const WAIT = 350;
const FOCUSABLE = 'button:not([disabled]),input,select,textarea,a[href],[tabindex="0"]';

function render({ model, el }) {
  let timer = 0, opener = null, wasOpen = false;
  const dialog = () => el.querySelector('[role=dialog]');
  const key = (node) => node && `${node.dataset.act ?? ''}|${node.dataset.arg ?? ''}|${node.name ?? ''}`;
  const draw = () => {
    const active = document.activeElement, inside = active && el.contains(active);
    const fresh = document.createElement('template');
    fresh.innerHTML = model.get('html');
    const typing = inside && active.matches('input,textarea') && active.name && fresh.content.querySelector('[role=dialog]');
    if (typing) {
      for (const part of el.querySelectorAll('[data-k]')) {
        const next = fresh.content.querySelector(`[data-k="${part.dataset.k}"]`);
        if (next && next.innerHTML !== part.innerHTML) part.innerHTML = next.innerHTML;
      }
    } else {
      const kept = inside ? key(active) : null, scroll = dialog()?.scrollTop ?? 0;
      el.replaceChildren(fresh.content);
      if (dialog()) dialog().scrollTop = scroll;
      if (kept) [...el.querySelectorAll(FOCUSABLE)].find((node) => key(node) === kept)?.focus({ preventScroll: true });
    }
    const box = dialog();
    if (box && !wasOpen) (box.querySelector('[data-first]') ?? box.querySelector(FOCUSABLE))?.focus({ preventScroll: true });
    if (!box && wasOpen) {
      const back = opener;
      setTimeout(() => [...document.querySelectorAll('[data-act]')].find((node) => key(node) === back)?.focus(), 100);
    }
    wasOpen = Boolean(box);
    document.documentElement.style.overflow = box ? 'hidden' : '';
  };
  const fields = () => Object.fromEntries([...el.querySelectorAll('[name]')]
    .filter((node) => node.type !== 'radio' || node.checked)
    .map((node) => [node.name, node.type === 'checkbox' ? String(node.checked) : node.value]));
  const send = (act, arg) => { clearTimeout(timer); model.send({ act, arg: arg ?? '', fields: fields() }); };
  const changed = (event) => {
    if (!event.target.name) return;
    clearTimeout(timer);
    timer = setTimeout(() => send('changed', event.target.name), event.type === 'input' ? WAIT : 0);
  };
  el.addEventListener('click', (event) => {
    const node = event.target.closest('[data-act]');
    if (!node || !el.contains(node)) return;
    if (node.dataset.act === 'print') { window.print(); return; }
    if (!dialog()) opener = key(node);
    send(node.dataset.act, node.dataset.arg);
  });
  el.addEventListener('input', changed);
  el.addEventListener('change', changed);
  el.addEventListener('keydown', (event) => {
    const box = dialog();
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches('[data-act]:not(button)')) {
      event.preventDefault();
      send(event.target.dataset.act, event.target.dataset.arg);
      return;
    }
    if (event.key === 'Enter' && event.target.dataset?.enter) {
      event.preventDefault();
      send(event.target.dataset.enter, event.target.name);
      event.target.value = '';
      return;
    }
    if (!box) return;
    if (event.key === 'Escape') send('close');
    if (event.key !== 'Tab') return;
    const all = [...box.querySelectorAll(FOCUSABLE)].filter((node) => node.getClientRects().length);
    const first = all[0], last = all.at(-1);
    if (event.shiftKey && document.activeElement === first) { last.focus(); event.preventDefault(); }
    else if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
  });
  const save = (message) => {
    if (message.kind !== 'save') return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([message.text], { type: 'application/json' }));
    link.download = message.name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  model.on('change:html', draw);
  model.on('msg:custom', save);
  draw();
  return () => { model.off('change:html', draw); model.off('msg:custom', save); document.documentElement.style.overflow = ''; };
}

export default { render };
