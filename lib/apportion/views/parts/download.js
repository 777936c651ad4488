/* Saves the chart of the surrounding .ap-frame as PNG at double size, with title, unit and key. The computed styles are
   written into a copy, because a picture made from an SVG knows neither the page's style sheet nor its variables. A card
   without a chart, such as a table, is drawn whole, with the rules and the colours that it has on the page. */

const PAINT = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font', 'text-anchor', 'display', 'visibility'];
const HEAD = 64, PAD = 20;

function element(tag, attributes, text = '') {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function painted(svg) {
  const copy = svg.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll('*')];
  [svg, ...svg.querySelectorAll('*')].forEach((node, index) => {
    const look = getComputedStyle(node);
    for (const name of PAINT) copies[index].style.setProperty(name, look.getPropertyValue(name));
  });
  copy.style.overflow = 'visible';
  return copy;
}

/* The key as it stands on the page: a mark and a word per area, or the areas would differ by colour alone. */
function* key(list, left, top) {
  const origin = list.getBoundingClientRect();
  for (const entry of list.children) {
    const mark = entry.firstElementChild, look = getComputedStyle(mark), at = mark.getBoundingClientRect(), box = entry.getBoundingClientRect();
    const isLine = look.borderTopStyle !== 'none';
    yield element('rect', {
      x: left + at.x - origin.x, y: top + at.y - origin.y, width: at.width, height: isLine ? 2.5 : at.height, rx: isLine ? 0 : 3,
      fill: isLine ? look.borderTopColor : look.backgroundColor,
    });
    yield element('text', {
      x: left + at.right - origin.x + 6, y: top + box.y - origin.y + box.height / 2 + 4.5,
      style: `font:400 13px Arial,sans-serif;fill:${getComputedStyle(entry).color}`,
    }, entry.textContent);
  }
}

/* Every chart of the card where it stands, with its own heading above it if there are several. */
function picture(frame) {
  const charts = [...frame.querySelectorAll('.bqplot.figure')].filter((chart) => chart.offsetParent);
  const boxes = charts.map((chart) => chart.getBoundingClientRect());
  const origin = { x: Math.min(...boxes.map((box) => box.x)), y: Math.min(...boxes.map((box) => box.y)) };
  const several = charts.length > 1 ? 34 : 0;
  const list = frame.querySelector('.ap-key');
  const top = HEAD + several + (list ? list.getBoundingClientRect().height + 14 : 0);
  const width = Math.max(...boxes.map((box) => box.right)) - origin.x + 2 * PAD;
  const height = Math.max(...boxes.map((box) => box.bottom)) - origin.y + top + PAD;
  const out = element('svg', { width, height, xmlns: 'http://www.w3.org/2000/svg' });
  out.append(element('rect', { width, height, fill: getComputedStyle(frame).backgroundColor }));
  for (const [selector, y, font] of [['.ap-ct h2', 32, '600 18px'], ['.ap-ct p', 54, '400 13px']]) {
    const node = frame.querySelector(selector);
    if (node) out.append(element('text', { x: PAD, y, style: `font:${font} Arial,sans-serif;fill:${getComputedStyle(node).color}` }, node.textContent));
  }
  if (list) out.append(...key(list, PAD, HEAD + 6));
  charts.forEach((chart, index) => {
    const box = boxes[index], x = PAD + box.x - origin.x, y = top + box.y - origin.y;
    const heading = several && chart.closest('.widget-vbox')?.querySelector('.ap-ch');
    if (heading) out.append(element('text', { x, y: y - 8, style: `font:600 14px Arial,sans-serif;fill:${getComputedStyle(heading).color}` }, heading.textContent));
    for (const svg of chart.querySelectorAll('svg')) {
      const copy = painted(svg);
      for (const [name, value] of Object.entries({ x, y, width: box.width, height: box.height })) copy.setAttribute(name, value);
      out.append(copy);
    }
  });
  return { svg: new XMLSerializer().serializeToString(out), width, height };
}

/* The card as it stands, as markup within an SVG. */
function card(frame) {
  const shown = frame.querySelector('.ap-card'), { width, height: whole } = shown.getBoundingClientRect();
  const height = whole - (shown.querySelector('.ap-sortby')?.getBoundingClientRect().height ?? 0);
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).filter((text) => text.includes('.ap'));
  const root = getComputedStyle(shown);
  const names = new Set(rules.join('').match(/--ap-[\w-]+/g));
  const colours = [...names].map((name) => `${name}:${root.getPropertyValue(name)}`).join(';');
  const box = document.createElement('div'), style = document.createElement('style'), copy = shown.cloneNode(true);
  style.textContent = rules.join('\n');
  box.className = 'ap';
  box.style.cssText = `${colours};width:${width}px;font:${root.font};color:${root.color};background:${root.backgroundColor}`;
  copy.querySelectorAll('.ap-sortby').forEach((list) => list.remove());
  copy.style.cssText = 'margin:0;border-radius:0;box-shadow:none';
  box.append(style, copy);
  const holder = element('foreignObject', { width, height });
  holder.append(box);
  const out = element('svg', { width, height, xmlns: 'http://www.w3.org/2000/svg' });
  out.append(holder);
  return { svg: new XMLSerializer().serializeToString(out), width, height };
}

async function save(frame) {
  const { svg, width, height } = frame.querySelector('.bqplot.figure') ? picture(frame) : card(frame);
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;  // a canvas gives out no markup that came from a blob
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: width * 2, height: height * 2 });
  const pen = canvas.getContext('2d');
  pen.scale(2, 2);
  pen.drawImage(image, 0, 0);
  const name = (frame.querySelector('.ap-ct h2')?.textContent ?? 'chart').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  hand(canvas.toDataURL('image/png'), `apportion-${name}.png`);
}

function hand(address, name) {
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
}

const MARKS = { PNG: '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>', CSV: '<rect x="4" y="4.5" width="16" height="15" rx="2"/><path d="M4 10h16M4 14.8h16M10 10v9.5"/>' };
const button = (kind, words) => `<button class="ap-btn icon ghost" type="button" data-kind="${kind}" aria-label="${words}" title="${words}">
<svg class="ap-i" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${MARKS[kind]}</svg></button>`;

function render({ model, el }) {
  el.classList.add('ap-dl');
  el.innerHTML = (model.get('has_csv') ? button('CSV', 'Download the figures as CSV') : '') + button('PNG', `Download this ${model.get('picture')} as PNG`);
  el.querySelector('[data-kind=CSV]')?.addEventListener('click', () => model.send({ kind: 'csv' }));
  el.querySelector('[data-kind=PNG]')?.addEventListener('click', () => save(el.closest('.ap-frame')));
  const receive = ({ kind, name, text }) => {
    if (kind !== 'csv') return;
    const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
    hand(address, name);
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  model.on('msg:custom', receive);
  return () => model.off('msg:custom', receive);
}

export default { render };
