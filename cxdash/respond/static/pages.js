// Nothing here is needed to answer: it shows and hides questions as one goes, goes on after a tap, and keeps answers when the line breaks.
(function () {
  "use strict";
  var body = document.body, timer = 0, busy = false, waiting = null;
  var shared = body.hasAttribute("data-shared");
  function form() { return document.getElementById("form"); }
  function key() { var f = form(); return f && f.dataset.page ? "cx:" + new URL(f.action).pathname : ""; }
  function store(text) { try { if (key() && !shared) localStorage.setItem(key(), text); } catch (e) { /* full or forbidden */ } }
  function kept() { try { return key() && !shared ? localStorage.getItem(key()) : null; } catch (e) { return null; } }
  function forget(name) { try { localStorage.removeItem(name || key()); } catch (e) { /* forbidden */ } }

  function given(name) {
    var found = [];
    form().querySelectorAll("[name]").forEach(function (one) {
      if (one.name !== name || one.disabled || one.closest("[hidden]")) return;
      if (one.type === "radio" || one.type === "checkbox" ? one.checked : one.value.trim()) found.push(one.value);
    });
    return found;
  }
  function holds(rule) {
    var has = given(rule.on), values = rule.values.map(String);
    if (!has.length) return false;
    if (rule.op === "answered") return true;
    if (rule.op === "in" || rule.op === "not_in") {
      return has.some(function (one) { return values.indexOf(one) >= 0; }) === (rule.op === "in");
    }
    var answer = Number(has[0]), bound = rule.values[0];
    if (typeof bound !== "number" || isNaN(answer)) return false;
    return rule.op === "at_most" ? answer <= bound : answer >= bound;
  }
  function unfold() {
    document.querySelectorAll("[data-depends]").forEach(function (one) {
      one.hidden = !holds(JSON.parse(one.dataset.depends));
    });
  }

  function say(text, tone) {
    var box = document.getElementById("said");
    if (!box) {
      box = document.createElement("p");
      box.id = "said";
      document.getElementById("main").prepend(box);
    }
    box.className = "notice " + tone;
    box.setAttribute("role", tone === "error" ? "alert" : "status");
    box.textContent = text;
    box.scrollIntoView({ block: "center" });
  }
  function free() {
    busy = false;
    document.querySelectorAll("button.next").forEach(function (one) { one.removeAttribute("aria-disabled"); });
  }
  function fields(button) {
    var data = new FormData(form()), sent = new URLSearchParams();
    form().querySelectorAll("[hidden] [name]").forEach(function (one) { data.delete(one.name); });
    data.forEach(function (value, name) { sent.append(name, value); });
    if (button && button.name) sent.append(button.name, button.value);
    return sent;
  }
  function put(text) {
    var next = new DOMParser().parseFromString(text, "text/html"), main = next.getElementById("main"), top = next.querySelector(".top");
    if (!main) { location.reload(); return; }
    document.title = next.title;
    ["offline", "kept", "sending"].forEach(function (name) { body.dataset[name] = next.body.dataset[name]; });
    document.documentElement.lang = next.documentElement.lang;
    document.getElementById("main").replaceWith(main);
    var old = document.querySelector(".top");
    if (old && top) old.replaceWith(top);
    unfold();
    var first = document.querySelector("[autofocus]") || document.getElementById("main");
    first.focus();
  }
  function send(sent, action, name) {
    busy = true;
    document.querySelectorAll("button.next").forEach(function (one) { one.setAttribute("aria-disabled", "true"); });
    fetch(action, { method: "POST", body: sent, headers: { "X-Cx": "1" }, credentials: "same-origin" }).then(function (answer) {
      waiting = null;
      if ((answer.headers.get("Content-Type") || "").indexOf("application/json") === 0) {
        return answer.json().then(function (done) {
          forget(name);
          if (location.pathname + location.search === done.go) location.reload(); else location.assign(done.go);
        });
      }
      return answer.text().then(function (text) {
        if (answer.status >= 500) store(sent.toString()); else forget(name);
        put(text);
        free();
      });
    }).catch(function () {
      free();
      store(sent.toString());
      waiting = function () { send(sent, action, name); };
      say(body.dataset.offline, "error");
      clearTimeout(timer);
      timer = setTimeout(function () { if (waiting && !busy) waiting(); }, 8000);
    });
  }
  document.addEventListener("submit", function (event) {
    var f = event.target;
    if (f !== form() || !f.dataset.page || !window.fetch || !window.URLSearchParams) return;
    event.preventDefault();
    if (busy) return;
    clearTimeout(timer);
    send(fields(event.submitter), f.action, key());
  });
  window.addEventListener("online", function () { if (waiting && !busy) waiting(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });

  // A tap, not an arrow key, on a page of one question goes on.
  var tapped = 0;
  document.addEventListener("pointerup", function () { tapped = Date.now(); });
  document.addEventListener("change", function (event) {
    var f = form();
    if (!f) return;
    unfold();
    if (f.hasAttribute("data-advance") && event.target.type === "radio" && Date.now() - tapped < 700) {
      setTimeout(function () { if (!busy && f.isConnected) f.requestSubmit(f.querySelector("button.next:not(.back)")); }, 220);
    }
  });

  // What could not be sent before the page was closed.
  function restore() {
    var text = kept(), f = form(), found = false;
    if (!text || !f) return;
    new URLSearchParams(text).forEach(function (value, name) {
      if (name.charAt(0) === "_") return;
      f.querySelectorAll("[name]").forEach(function (one) {
        if (one.name !== name) return;
        if (one.type === "radio" || one.type === "checkbox") { if (one.value === value) { one.checked = true; found = true; } }
        else if (!one.value) { one.value = value; found = true; }
      });
    });
    if (found) say(body.dataset.kept, "info");
  }
  if (document.querySelector("[data-done]")) {
    try {
      var stem = "cx:" + location.pathname.replace(/\/[^/]*$/, "/");
      Object.keys(localStorage).forEach(function (name) { if (name.indexOf(stem) === 0) localStorage.removeItem(name); });
    } catch (e) { /* forbidden */ }
  }

  // A kiosk that nobody touches goes back to its start.
  if (body.dataset.idle) {
    var rest = Number(body.dataset.idle) * 1000, clock = 0;
    var touch = function () {
      clearTimeout(clock);
      clock = setTimeout(function () { location.assign(body.dataset.home); }, rest);
    };
    ["pointerdown", "keydown", "scroll"].forEach(function (name) { window.addEventListener(name, touch, { passive: true }); });
    touch();
  }
  restore();
  unfold();
  var wrong = document.querySelector("[autofocus]");
  if (wrong) wrong.focus();
})();
