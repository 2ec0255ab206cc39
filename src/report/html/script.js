'use strict';
// Sorting and filtering of the tables; without it the page reads the same.
(() => {
  const value = (row, column, numeric) => {
    const cell = row.cells[column];
    const raw = cell.dataset.value ?? cell.textContent.trim().toLowerCase();
    return numeric ? Number(raw) : raw;
  };

  const sort = (table, column, header) => {
    const numeric = header.dataset.type === 'number';
    const before = header.getAttribute('aria-sort');
    const descending = before === null ? numeric : before === 'ascending';
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const [x, y] = [value(a, column, numeric), value(b, column, numeric)];
      const order = x < y ? -1 : x > y ? 1 : 0;
      return descending ? -order : order;
    });
    body.append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  };

  const sortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if ('plain' in header.dataset) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...header.childNodes);
      button.addEventListener('click', () => sort(table, column, header));
      header.append(button);
    });
  };

  const filterable = (table) => {
    const rows = [...table.tBodies[0].rows];
    const bar = document.createElement('div');
    bar.className = 'filter';
    const label = document.createElement('label');
    label.textContent = 'Filter ';
    const input = document.createElement('input');
    input.type = 'search';
    input.id = 'filter-' + table.dataset.filter;
    label.append(input);
    const shown = document.createElement('span');
    shown.setAttribute('role', 'status');
    let kind = null;
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits = (kind === null || row.dataset.kind === kind) && words.every((word) => text.includes(word));
        row.hidden = !fits;
        left += fits ? 1 : 0;
      }
      shown.textContent = left === rows.length ? '' : left + ' of ' + rows.length;
    };
    input.addEventListener('input', apply);
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') { input.value = ''; apply(); }
    });
    bar.append(label);
    const kinds = [...new Set(rows.map((row) => row.dataset.kind))];
    if ('kinds' in table.dataset && kinds.length > 1) {
      const buttons = ['all', ...kinds].map((name, index) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = name;
        button.setAttribute('aria-pressed', String(index === 0));
        button.addEventListener('click', () => {
          kind = index === 0 ? null : name;
          for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
          apply();
        });
        return button;
      });
      bar.append(...buttons);
    }
    bar.append(shown);
    table.before(bar);
  };

  for (const table of document.querySelectorAll('table[data-filter]')) {
    if (table.tBodies[0].rows.length > 1) filterable(table);
  }
  for (const table of document.querySelectorAll('table[data-sort]')) {
    if (table.tBodies[0].rows.length > 1) sortable(table);
  }
  // Paper shows everything; the screen is as before afterwards.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')];
    for (const details of opened) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of opened) details.open = false;
  });
})();
