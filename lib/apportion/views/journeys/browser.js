/* Search, filters and list; opens the panel. The list's markup comes from Python, escaped there. */

const PAUSE = 250; // ms without typing until a search is asked for

function segments(title, options, chosen, onChoose) {
  const id = 'ap-s-' + Math.random().toString(36).slice(2);
  const buttons = options.map(([value, text]) => h('button', { type: 'button', 'data-value': value, onclick: () => onChoose(value) }, text));
  const group = h('div', { class: 'ap-seg', role: 'group', 'aria-labelledby': id }, ...buttons);
  const show = (value) => buttons.forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.value === String(value))));
  show(chosen);
  return { element: h('div', { class: 'ap-field' }, h('span', { class: 'lab', id }, title), group), show };
}

function render({ model, el }) {
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  let panel = null, waiting = 0, opener = null;

  const input = h('input', { type: 'search', class: 'ap-input', placeholder: model.get('hint'), autocomplete: 'off', spellcheck: 'false', value: model.get('search') });
  const ask = () => { clearTimeout(waiting); if (input.value !== model.get('search')) set('search', input.value); };
  input.oninput = () => { clearTimeout(waiting); waiting = setTimeout(ask, PAUSE); };
  input.onkeydown = (event) => { if (event.key === 'Enter') ask(); event.stopPropagation(); };
  const customers = segments('Customers', [['', 'All'], ['new', 'New'], ['returning', 'Returning']], model.get('customer'), (value) => set('customer', value));
  const windows = segments('Look back', model.get('windows').map((days) => [days, `${days} days`]), model.get('window_days'), (value) => set('window_days', Number(value)));
  const list = h('div', { class: 'ap-journeys' });
  const said = h('div', { role: 'status', class: 'ap-sr' });
  const root = h('div', { class: 'ap-card', 'data-lm-suppress-shortcuts': 'true' },
    h('div', { class: 'ap-tools' }, h('label', { class: 'ap-field ap-search' }, h('span', { class: 'lab' }, 'Search'), input), customers.element, windows.element), list, said);

  const buttons = () => [...list.querySelectorAll('button[data-open]')];
  const mark = () => { for (const row of list.querySelectorAll('tr[data-open]')) row.classList.toggle('chosen', row.dataset.open === model.get('selected')); };
  const rows = () => {
    const had = list.contains(document.activeElement) ? document.activeElement.closest('[data-open]')?.dataset.open : null;
    list.innerHTML = model.get('rows');
    mark();
    if (had) buttons().find((button) => button.dataset.open === had)?.focus();
  };
  list.onclick = (event) => {
    if (event.target.closest('[data-more]')) { set('shows_all', true); return; }
    const row = event.target.closest('[data-open]');
    if (row && !String(getSelection())) { opener = row.dataset.open; set('selected', opener); }
  };
  list.onkeydown = (event) => {
    const all = buttons(), at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to == null) return;
    all[clamp(to, 0, all.length - 1)].focus();
    event.preventDefault();
    event.stopPropagation();
  };

  const close = () => set('selected', '');
  const open = () => {
    const story = model.get('story');
    if (panel) { panel.end(); panel.shade.remove(); panel.dialog.remove(); panel = null; }
    mark();
    if (!story.id) { if (opener) buttons().find((button) => button.dataset.open === opener)?.focus(); opener = null; return; }
    opener ??= story.id;
    panel = new Panel({ story, model: model.get('model'), icons: model.get('icons'), onModel: (name) => set('model', name), onClose: close });
    el.append(panel.shade, panel.dialog);
    panel.timeline.fit();
    panel.close.focus();
  };

  const events = [
    ['change:rows', rows],
    ['change:found', () => { said.textContent = model.get('found'); }],
    ['change:story', open],
    ['change:model', () => { if (panel && panel.model !== model.get('model')) panel.paint(model.get('model')); }],
    ['change:customer', () => customers.show(model.get('customer'))],
    ['change:window_days', () => windows.show(model.get('window_days'))],
    ['change:search', () => { if (document.activeElement !== input) input.value = model.get('search'); }],
  ];
  events.forEach(([name, act]) => model.on(name, act));
  el.classList.add('ap-browser');
  el.append(root);
  rows();
  if (model.get('story').id) open();
  return () => {
    clearTimeout(waiting);
    panel?.end();
    panel?.shade.remove();
    panel?.dialog.remove();
    events.forEach(([name, act]) => model.off(name, act));
  };
}

export default { render };
