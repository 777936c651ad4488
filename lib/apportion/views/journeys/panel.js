/* The panel that slides out with one journey: timeline, credit per model, customer and order. */

class Panel {
  constructor({ story, model, icons, onModel, onClose }) {
    this.story = story;
    this.onModel = onModel;
    this.onClose = onClose;
    this.timeline = new Timeline(story, model, icons);
    const id = 'ap-p-' + Math.random().toString(36).slice(2);
    this.bars = h('div', { class: 'ap-credit', role: 'tabpanel', id: id + '-credit', tabindex: 0 });
    this.text = h('p', { class: 'ap-foot' });
    this.tabs = h('div', { class: 'ap-tabs', role: 'tablist', 'aria-label': 'Model' }, ...story.models.map((each) =>
      h('button', { type: 'button', role: 'tab', id: `${id}-${each.id}`, 'data-model': each.id, 'aria-controls': id + '-credit', onclick: () => this.choose(each.id) }, each.name)));
    this.tabs.onkeydown = (event) => this.keyOfTabs(event);
    const close = h('button', { type: 'button', class: 'ap-btn icon ghost', 'aria-label': 'Close', onclick: () => this.onClose() });
    close.append(glyph(icons.close));
    const rows = (pairs) => h('dl', { class: 'ap-pairs' }, ...pairs.map(([name, text]) => h('div', {}, h('dt', {}, name), h('dd', {}, text))));
    this.dialog = h('div', { class: 'ap-panel', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': id },
      h('header', {}, h('div', {}, h('h2', { id }, story.title), h('p', {}, story.summary)), close),
      h('section', {}, h('h3', {}, 'Timeline'), this.timeline.element),
      h('section', {}, h('h3', {}, 'Who gets the credit'), this.tabs, this.bars, this.text, h('p', { class: 'ap-foot' }, story.note)),
      h('section', {}, h('h3', {}, 'Customer and order'), rows(story.customer),
        story.products.length
          ? h('ul', { class: 'ap-basket' }, ...story.products.map(([name, count, value]) => h('li', {}, h('span', {}, name, h('small', {}, count)), h('span', { class: 'num' }, value))))
          : h('p', { class: 'ap-foot' }, 'No order items were imported for this order.')));
    this.shade = h('div', { class: 'ap-shade', onclick: () => this.onClose() });
    this.dialog.onkeydown = (event) => this.key(event);
    this.close = close;
    this.paint(model);
  }

  paint(model) {
    const known = this.story.models.find((each) => each.id === model) ?? this.story.models[0];
    this.model = known.id;
    for (const tab of this.tabs.children) {
      const chosen = tab.dataset.model === known.id;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.bars.setAttribute('aria-labelledby', tab.id);
    }
    this.bars.replaceChildren(...this.story.touchpoints.flatMap((point) => [
      h('span', { class: 'ap-ch' }, h('span', { class: `ap-dot ap-c-${point.colour}` }, glyph(point.icon)), h('span', {}, point.name)),
      h('span', { class: 'track', 'aria-hidden': 'true' }, h('i', { class: `ap-c-${point.colour}`, style: `--p:${point.credit[known.id]}` })),
      h('span', { class: 'num' }, point.said[known.id])]));
    this.text.textContent = known.text;
    this.timeline.paint(known.id);
  }

  choose(model) {
    this.paint(model);
    this.onModel(model);
  }

  keyOfTabs(event) {
    const tabs = [...this.tabs.children], at = tabs.findIndex((tab) => tab.dataset.model === this.model);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to == null) return;
    const tab = tabs[(to + tabs.length) % tabs.length];
    this.choose(tab.dataset.model);
    tab.focus();
    tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    event.preventDefault();
    event.stopPropagation();
  }

  /** Escape closes; Tab stays inside. */
  key(event) {
    if (event.key === 'Escape') this.onClose();
    else if (event.key === 'Tab') {
      const stops = [...this.dialog.querySelectorAll('button, [tabindex="0"]')].filter((stop) => stop.tabIndex >= 0 && stop.offsetParent);
      const edge = event.shiftKey ? stops[0] : stops.at(-1);
      if (document.activeElement === edge) { (event.shiftKey ? stops.at(-1) : stops[0]).focus(); event.preventDefault(); }
    } else return;
    event.stopPropagation();
  }

  end() { this.timeline.end(); }
}
