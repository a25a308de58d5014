// Works out the answer to the page's challenge while the number is being typed, and counts down to the next code.
// Plain SHA-256 in short turns: SubtleCrypto is missing on plain http and in old web views, and slower for such short
// texts, since each of its answers waits for a turn of the event loop. Without this script the server asks for a
// longer wait instead.
(function () {
  "use strict";

  var K = [], H0 = [];
  (function constants() {
    var found = 0, candidate = 2, composite = {};
    while (found < 64) {
      if (!composite[candidate]) {
        for (var multiple = candidate; multiple < 313; multiple += candidate) { composite[multiple] = true; }
        if (found < 8) { H0[found] = (Math.pow(candidate, 1 / 2) * 4294967296) | 0; }
        K[found] = (Math.pow(candidate, 1 / 3) * 4294967296) | 0;
        found += 1;
      }
      candidate += 1;
    }
  })();

  function rotated(word, by) { return (word >>> by) | (word << (32 - by)); }

  // The first word of the SHA-256 of a short ASCII text.
  function firstWord(text) {
    var length = text.length, blocks = ((length + 8) >> 6) + 1, words = new Array(blocks * 16), h = H0.slice(), w = [], i, j;
    for (i = 0; i < words.length; i += 1) { words[i] = 0; }
    for (i = 0; i < length; i += 1) { words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8); }
    words[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
    words[words.length - 1] = length * 8;
    for (j = 0; j < words.length; j += 16) {
      var v = h.slice();
      for (i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = words[j + i];
        } else {
          var a = w[i - 15], b = w[i - 2];
          w[i] = (w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3)) + w[i - 7] +
            (rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10))) | 0;
        }
        var t1 = (v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) +
          ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i]) | 0;
        var t2 = ((rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) +
          ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]))) | 0;
        v = [(t1 + t2) | 0, v[0], v[1], v[2], (v[3] + t1) | 0, v[4], v[5], v[6]];
      }
      for (i = 0; i < 8; i += 1) { h[i] = (h[i] + v[i]) | 0; }
    }
    return h[0] >>> 0;
  }

  function prepare(form) {
    var challenge = form.elements.challenge.value, field = form.elements.work;
    var zeros = 32 - Number(form.dataset.work), n = 0, started = false, sending = false;

    function search() {
      var until = Date.now() + 20;
      do {
        if (firstWord(challenge + ":" + n) >>> zeros === 0) {
          field.value = String(n);
          if (sending) { form.submit(); }
          return;
        }
        n += 1;
      } while (Date.now() < until);
      setTimeout(search, 0);
    }

    function start() {
      if (!started) { started = true; setTimeout(search, 0); }
    }

    form.addEventListener("input", start);
    form.addEventListener("submit", function (event) {
      if (field.value === "") {
        event.preventDefault();
        sending = true;
        start();
      }
    });
    if (!form.elements.phone) { setTimeout(start, 1500); }
  }

  function countDown(form) {
    var button = form.querySelector("[data-again]"), words = button.textContent;
    var free = Date.now() + Number(form.dataset.wait) * 1000;
    function show() {
      var left = Math.ceil((free - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? button.dataset.again.replace("#", String(left)) : words;
      if (left > 0) { setTimeout(show, 500); }
    }
    show();
  }

  Array.prototype.forEach.call(document.querySelectorAll("form[data-work]"), prepare);
  Array.prototype.forEach.call(document.querySelectorAll("form[data-wait]"), countDown);
})();
