// SPDX-License-Identifier: Apache-2.0
// What a script adds; the shop works without it.
document.documentElement.classList.add('scripted');

// A choice takes effect at once; who works by keyboard, or has scrolled, stays where they were.
const KEPT = `kept ${location.pathname}`;
for (const form of document.querySelectorAll('form[data-auto]'))
  form.addEventListener('change', ({ target }) => {
    sessionStorage.setItem(KEPT, JSON.stringify({ name: target.name, value: target.value, y: scrollY }));
    form.requestSubmit();
  });
const kept = JSON.parse(sessionStorage.getItem(KEPT));
if (kept) {
  sessionStorage.removeItem(KEPT);
  const fields = [...document.getElementsByName(kept.name)];
  (fields.find((one) => one.value === kept.value) ?? fields[0])?.focus({ preventScroll: true });
  scrollTo(0, kept.y);
}

// Sent once: a second click finds the button busy. (The server would make one payment of two clicks all the same.)
const again = () => {
  for (const form of document.querySelectorAll('form[data-once]')) {
    delete form.dataset.sent;
    form.removeAttribute('aria-busy');
  }
};
for (const form of document.querySelectorAll('form[data-once]'))
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = '1';
    form.setAttribute('aria-busy', 'true');
  });
window.addEventListener('pageshow', again); // the browser's back button shows the page as it was left

// The reading time: the button counts down. The server counts too.
for (const form of document.querySelectorAll('form[data-wait]')) {
  const button = form.querySelector('button');
  const text = button.textContent;
  const end = performance.now() + Number(form.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? form.dataset.waitText.replace('%s', left) : text;
    if (left > 0) setTimeout(tick, 200);
  };
  tick();
}

// The order moved: show it as it is now.
for (const mark of document.querySelectorAll('[data-live]')) {
  const source = new EventSource(mark.dataset.live);
  source.addEventListener('moved', () => {
    source.close();
    location.reload();
  });
  window.addEventListener('pagehide', () => source.close());
}
