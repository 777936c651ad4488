/* One customer's touchpoints on a line, from the first to the order. Python gives every word and figure; here they are placed.
   Stands in front of panel.js and browser.js in one module: an inline module cannot import its neighbour. */

const HOUR = 3600;
const LEAST = 10, MOST = 60; // pixels a unit of a gap's weight

/** An element; text only ever becomes a text node, so nothing that a tenant wrote is read as markup. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element[name] = value;
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Our own icons, which Python gives as markup; never a tenant's text. */
function glyph(markup) {
  const holder = h('span', { class: 'ap-tl-glyph', 'aria-hidden': 'true' });
  holder.innerHTML = markup;
  return holder;
}

const unseen = (text) => h('span', { class: 'ap-sr' }, text);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** Touchpoints less than an hour after a first one go together, if there are three or more. */
function bursts(points) {
  const groups = [];
  for (const point of points) {
    if (groups.length && point.seconds - groups.at(-1)[0].seconds < HOUR) groups.at(-1).push(point);
    else groups.push([point]);
  }
  return groups.flatMap((group) => (group.length > 2 ? [group] : group.map((point) => [point])));
}

const ring = (group) => {
  let from = 0;
  const part = 100 / group.length;
  return `conic-gradient(${group.map((point) => `var(--ap-ch-${point.colour}) ${from}% ${(from += part)}%`)})`;
};

class Timeline {
  constructor(story, model, icons) {
    this.points = story.touchpoints.map((point, index) => ({ ...point, index }));
    this.story = story;
    this.model = model;
    this.icons = icons;
    this.open = new Set(); // first ids of the bursts that are spread out
    this.selected = null;
    this.focus = null; // key of the one button in the tab order
    this.track = h('ol', { class: 'ap-tl-track' });
    this.bar = h('div', { role: 'toolbar', class: 'ap-tl-bar', 'aria-label': `Journey: ${story.label}` }, this.track);
    this.spoken = h('div', { role: 'status', class: 'ap-sr' });
    this.detail = h('div', { class: 'ap-tl-detail', id: 'ap-tl-' + Math.random().toString(36).slice(2) });
    this.element = h('div', { class: 'ap-tl' }, this.bar, this.spoken);
    this.track.onkeydown = (event) => this.key(event);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.element);
    this.draw();
  }

  gap(index, member) {
    const before = this.story.gaps[index - 1];
    const line = h('span', { class: 'ap-tl-gap' + (member ? ' member' : ''), style: `--w:${before ? before.weight : 0}`, 'aria-hidden': 'true' },
      h('span', {}, before ? before.text : ''));
    return [line, before ? `, ${before.words}` : ''];
  }

  draw() {
    const items = [];
    this.views = [];
    let day = null;
    const date = (text) => {
      const same = text === day;
      day = text;
      return h('small', { class: 'ap-tl-day' + (same ? ' same' : '') }, text);
    };
    const add = (key, group, member) => {
      const first = group[0], many = group.length > 1;
      const [line, words] = this.gap(first.index, member);
      const spread = many && this.open.has(first.id);
      const dot = h('span', { class: 'ap-tl-dot' }), share = h('b');
      const button = h('button', {
        type: 'button', class: `ap-tl-touch ap-c-${first.colour}${many ? ' many' : ''}${member ? ' member' : ''}`, 'data-key': key, tabindex: -1,
        onclick: () => (many ? this.toggle(first.id) : this.choose(first.id)),
      }, date(first.day), dot,
        many ? h('span', { class: 'ap-tl-name' }, `${group.length}×`, unseen(` touchpoints within an hour (${[...new Set(group.map((p) => p.name))].join(', ')})`))
          : h('span', { class: 'ap-tl-name' }, unseen(`${first.index + 1} of ${this.points.length}: `), first.name),
        share, unseen(' of the credit'), h('small', { class: 'ap-tl-when' }, `${first.day}, ${first.time}`), unseen(words));
      if (many) button.setAttribute('aria-expanded', String(spread));
      items.push(h('li', {}, line, button));
      this.views.push({ key, button, points: group, dot, share, spread, item: items.at(-1) });
    };
    for (const group of bursts(this.points)) {
      if (group.length === 1) { add(group[0].id, group, false); continue; }
      if (group.some((point) => point.id === this.selected)) this.open.add(group[0].id);
      add('burst ' + group[0].id, group, false);
      if (this.open.has(group[0].id)) for (const point of group) add(point.id, [point], true);
    }
    const order = this.story.order;
    const [line, words] = this.gap(this.points.length, false);
    items.push(h('li', {}, line, h('span', { class: 'ap-tl-touch end' }, date(order.day), h('span', { class: 'ap-tl-dot' }, glyph(this.icons.cart)),
      h('span', { class: 'ap-tl-name' }, 'Order'), h('b', {}, order.value), h('small', { class: 'ap-tl-when' }, `${order.day}, ${order.time}`), unseen(words))));
    this.track.replaceChildren(...items);
    this.track.style.setProperty('--n', 2 * items.length);
    if (!this.views.some((view) => view.key === this.focus)) this.focus = this.views[0]?.key;
    this.paint();
    this.fit();
  }

  /** What changes with model and selection, in place. */
  paint(model = this.model) {
    this.model = model;
    for (const { key, button, points, dot, share, spread } of this.views) {
      const value = sum(points.map((point) => point.credit[model] ?? 0));
      button.style.setProperty('--size', spread ? '26px' : `${26 + 22 * Math.sqrt(value / 100)}px`);
      dot.classList.toggle('none', value === 0);
      if (points.length > 1) dot.style.setProperty('--ring', ring(points));
      dot.replaceChildren(spread ? '−' : points.length > 1 ? String(points.length) : glyph(points[0].icon));
      share.textContent = points.length > 1 ? `${Math.round(value)}%` : points[0].said[model] ?? '';
      button.tabIndex = key === this.focus ? 0 : -1;
      if (points.length === 1) {
        const chosen = points[0].id === this.selected;
        button.setAttribute('aria-expanded', String(chosen));
        if (chosen) button.setAttribute('aria-controls', this.detail.id);
        else button.removeAttribute('aria-controls');
      }
    }
    const view = this.selected && this.views.find(({ key }) => key === this.selected);
    if (!view) { this.detail.remove(); return; }
    this.detail.replaceChildren(h('dl', {}, ...view.points[0].facts.map(([title, text]) => h('div', {}, h('dt', {}, title), h('dd', {}, text)))));
    this.detail.style.setProperty('--c', `var(--ap-ch-${view.points[0].colour})`);
    view.item.append(this.detail);
  }

  choose(id) {
    this.focus = id;
    this.selected = this.selected === id ? null : id;
    this.paint();
    this.spoken.textContent = this.selected ? [...this.detail.querySelectorAll('dl > div')].map((e) => [...e.childNodes].map((c) => c.textContent).join(': ')).join('. ') : '';
  }

  toggle(id) {
    this.focus = 'burst ' + id;
    if (this.open.delete(id)) {
      const group = bursts(this.points).find(([first]) => first.id === id);
      if (group.some((point) => point.id === this.selected)) this.selected = null;
    } else this.open.add(id);
    this.draw();
    this.move(this.views.findIndex((view) => view.key === this.focus));
  }

  move(index) {
    const view = this.views[clamp(index, 0, this.views.length - 1)];
    this.views.forEach(({ button }) => (button.tabIndex = -1));
    this.focus = view.key;
    view.button.tabIndex = 0;
    view.button.focus({ preventScroll: true });
    view.button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  key(event) {
    const at = this.views.findIndex((view) => view.key === this.focus);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.views.length - 1 }[event.key];
    if (to != null) this.move(to);
    else if (event.key === 'Escape' && this.selected) this.choose(this.selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Stretch the gaps until the line fills its box, within reason. */
  fit() {
    const wide = this.element.clientWidth >= 560;
    this.bar.setAttribute('aria-orientation', wide ? 'horizontal' : 'vertical');
    if (!wide) return;
    this.track.style.setProperty('--k', '0px');
    const gaps = [...this.track.querySelectorAll('.ap-tl-gap')].map((gap) => [gap.offsetWidth, Number(gap.style.getPropertyValue('--w'))]);
    const spare = this.bar.clientWidth - 4 - sum([...this.track.querySelectorAll('.ap-tl-touch')].map((touch) => touch.offsetWidth));
    let [low, high] = [LEAST, MOST];
    for (let n = 0; n < 12; n++) {
      const k = (low + high) / 2;
      if (sum(gaps.map(([least, w]) => Math.max(least, k * w))) > spare) high = k;
      else low = k;
    }
    this.track.style.setProperty('--k', `${low}px`);
  }

  end() { this.watch.disconnect(); }
}
