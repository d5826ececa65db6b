// Times in the zone of whoever reads, and buttons that copy. Every page says and does the same without this.
(() => {
  const day = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
  const two = (number) => String(number).padStart(2, '0');
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const near = { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' };

  // Near days by their names, those of this year without it; the hour is left out where it is a week away or more.
  const said = (at, now) => {
    const days = Math.round((day(at) - day(now)) / 86_400_000);
    const hour = `${two(at.getHours())}:${two(at.getMinutes())}`;
    if (near[days]) return `${near[days]} ${hour}`;
    const date = `${at.getDate()} ${months[at.getMonth()]}`;
    if (Math.abs(days) < 7) return `${date} ${hour}`;
    return at.getFullYear() === now.getFullYear() ? date : `${date} ${at.getFullYear()}`;
  };

  const now = new Date();
  const times = document.getElementsByTagName('time');
  let told = 0;
  const tell = (end) => {
    for (; told < end; told += 1) {
      const time = times[told];
      const at = new Date(time.dateTime);
      if (!time.dateTime.includes('T') || Number.isNaN(at.getTime())) continue;
      time.title = time.textContent;
      time.textContent = said(at, now);
    }
  };
  // While the page is read, so that nothing moves once it is shown. The last one may not be read to its end: what comes after
  // it says that it is.
  const isRead = (node) => node !== document.body && (node.nextSibling !== null || isRead(node.parentNode));
  const watch = new MutationObserver(() => {
    const last = times[times.length - 1];
    tell(last && isRead(last) ? times.length : times.length - 1);
  });
  watch.observe(document, { childList: true, subtree: true });

  // Where a page may not write to the clipboard (no HTTPS, an old phone), a field is left selected and the older way is tried.
  const copy = async (from) => {
    if (from.select) from.select();
    try {
      await navigator.clipboard.writeText((from.value ?? from.textContent).trim());
      return true;
    } catch {
      return Boolean(from.select) && document.execCommand('copy');
    }
  };
  const copies = () => {
    for (const button of document.querySelectorAll('button[data-copy]')) {
      const from = document.querySelector(button.dataset.copy);
      if (!from || !(navigator.clipboard || from.select)) continue;
      const next = button.nextElementSibling;
      const said = next?.getAttribute('role') === 'status' ? next : button;
      button.hidden = false;
      button.addEventListener('click', async () => {
        said.textContent = (await copy(from)) ? 'Copied' : 'Selected: copy it now';
      });
    }
  };

  document.addEventListener('DOMContentLoaded', () => {
    watch.disconnect();
    tell(times.length);
    copies();
  });
})();
