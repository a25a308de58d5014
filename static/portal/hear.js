"use strict";

/* Press to hear, in elder mode: reads a card aloud through the device's own voice. Where the device has none there is no
   button, and nothing leaves the device. */

const voice = window.speechSynthesis;

function wordsOf(card) {
  const copy = card.cloneNode(true);
  copy.querySelectorAll("button, script, [aria-hidden=true]").forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function hear(card, button) {
  const was = button.getAttribute("aria-pressed") === "true";
  voice.cancel();
  document.querySelectorAll(".hear").forEach((each) => each.setAttribute("aria-pressed", "false"));
  if (was) return;
  const words = new SpeechSynthesisUtterance(wordsOf(card));
  words.lang = document.documentElement.lang || "zh-CN";
  words.rate = 0.9;
  words.onend = () => button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", "true");
  voice.speak(words);
}

if (voice && "SpeechSynthesisUtterance" in window) {
  document.querySelectorAll("[data-hear]").forEach((card) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hear";
    button.textContent = document.documentElement.lang.startsWith("zh") ? "听一听" : "Listen";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => hear(card, button));
    card.append(button);
  });
}
