(function () {
  "use strict";
  var tip = document.getElementById("tip");
  // The titles of points show at once and beside the pointer; without this script the browser shows them after a while.
  document.querySelectorAll(".chart title").forEach(function (title) {
    var shape = title.parentNode, text = title.textContent;
    title.remove();
    shape.setAttribute("aria-label", text);
    shape.addEventListener("pointermove", function (e) {
      tip.textContent = text;
      var box = tip.getBoundingClientRect();
      tip.style.left = Math.max(4, Math.min(e.clientX + 14, window.innerWidth - box.width - 8)) + "px";
      tip.style.top = Math.max(4, e.clientY - box.height - 10) + "px";
      tip.style.visibility = "visible";
    });
    shape.addEventListener("pointerleave", function () { tip.style.visibility = "hidden"; });
  });
  document.querySelectorAll("table.sortable th").forEach(function (head) {
    head.addEventListener("click", function () {
      var column = Array.prototype.indexOf.call(head.parentNode.children, head);
      var body = head.closest("table").tBodies[0], down = head.getAttribute("aria-sort") === "ascending";
      Array.from(head.parentNode.children).forEach(function (h) { h.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var key = function (row) { var cell = row.cells[column], raw = cell.getAttribute("data-value"); return raw === null ? cell.textContent : Number(raw); };
      Array.from(body.rows).sort(function (a, b) {
        var x = key(a), y = key(b);
        if (x === "") { return 1; }
        if (y === "") { return -1; }
        var order = typeof x === "number" ? (typeof y === "number" ? x - y : -1) : (typeof y === "number" ? 1 : x.localeCompare(y));
        return down ? -order : order;
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
})();
