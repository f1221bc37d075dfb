// The item page, beyond what its plain forms do: the running clock, the draft, the word count, a careful send.
// The server decides about time; here it is only counted down, from a clock that nobody can set.
const RETRY_AFTER = [2000, 4000, 8000, 15000];
const TYPING_PAUSE = 1500;
const ANNOUNCE_AT = [300, 60];
const SECONDS_SHOWN_BELOW = 120;
const form = document.getElementById("jawaban");
const clock = document.getElementById("sisa");
const state = document.getElementById("keadaan");
const announcer = document.getElementById("pengumuman");
const textarea = document.getElementById("isian-text");
const words = document.getElementById("jumlah-kata");

if (!document.getElementById("ringkasan-galat")) {
  document.getElementById("judul")?.focus();
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function say(element, message) {
  if (element.textContent !== message) {
    element.textContent = message;
  }
}

// --- Words

function grow() {
  if (!CSS.supports("field-sizing", "content")) {
    textarea.style.height = "auto";
    textarea.style.height = `${textarea.scrollHeight + 4}px`;
  }
}

function countWords() {
  const found = textarea.value.trim().split(/\s+/).filter(Boolean).length;
  say(words, fill(words.dataset.words, { n: found }));
}

if (textarea) {
  for (const act of [grow, countWords]) {
    textarea.addEventListener("input", act);
    act();
  }
}

// --- The shared text: folded by hand, it stays folded while the items that come with it follow

const FOLDED = "bacaan-terlipat";
const shared = document.querySelector("details[data-stimulus]");

function keepFolded() {
  try {
    if (shared.open) {
      sessionStorage.removeItem(FOLDED);
    } else {
      sessionStorage.setItem(FOLDED, shared.dataset.stimulus);
    }
  } catch {
    // no storage in this browser; the next item shows the text open
  }
}

if (shared) {
  try {
    shared.open = sessionStorage.getItem(FOLDED) !== shared.dataset.stimulus;
  } catch {
    shared.open = true;
  }
  shared.addEventListener("toggle", keepFolded);
}

// --- Saving

let sending = false;
let pausing = false;
let failures = 0;
let timer = 0;
let saved = form ? answerNow() : "";

function answerNow() {
  return new URLSearchParams(new FormData(form)).toString();
}

async function post(address) {
  const body = new URLSearchParams(new FormData(form));
  const headers = { Accept: "application/json" };
  return fetch(address, { method: "POST", body, headers, credentials: "same-origin" });
}

function failed(again) {
  say(state, state.dataset.failed);
  say(announcer, state.dataset.failed);
  const wait = RETRY_AFTER[Math.min(failures, RETRY_AFTER.length - 1)];
  failures += 1;
  clearTimeout(timer);
  timer = setTimeout(again, wait);
}

async function saveDraft() {
  const given = answerNow();
  if (sending || given === saved) {
    return;
  }
  try {
    const reply = await post(form.dataset.draft);
    if (!reply.ok) {
      throw new Error(`answer ${reply.status}`);
    }
    const kept = await reply.json();
    if (sending) {
      return;
    }
    if (!kept.saved) {
      location.reload();
      return;
    }
    failures = 0;
    saved = given;
    say(state, fill(state.dataset.drafted, { at: kept.at }));
    say(announcer, "");
    startClock(kept.left);
  } catch {
    if (!sending) {
      failed(saveDraft);
    }
  }
}

function saveDraftSoon(wait) {
  clearTimeout(timer);
  timer = setTimeout(saveDraft, wait);
}

// A failed send must not leave the page, or what was typed would be gone: it is fetched first.
async function send() {
  sending = true;
  clearTimeout(timer);
  let reply;
  try {
    reply = await post(form.action);
  } catch {
    failed(send);
    return;
  }
  const isNext = reply.ok && reply.headers.get("Content-Type")?.includes("json");
  if (isNext) {
    location.replace((await reply.json()).next);
  } else if (reply.status >= 500) {
    failed(send);
  } else {
    form.submit(); // the server's page says what is wrong; sending twice changes nothing
  }
}

if (form) {
  // The pause button posts the plain form elsewhere.
  form.querySelector("[formaction]").addEventListener("click", () => {
    pausing = true;
    sending = true;
  });
  form.addEventListener("submit", (event) => {
    if (pausing) {
      return;
    }
    event.preventDefault();
    if (!sending || failures > 0) {
      send();
    }
  });
  form.addEventListener("input", () => saveDraftSoon(TYPING_PAUSE));
  form.addEventListener("change", () => saveDraftSoon(0));
  window.addEventListener("online", () => (sending ? send() : saveDraft()));
}

// --- The clock

let endsAt = 0;
let ticking = 0;
let before = Infinity;

function startClock(left) {
  if (!clock || left === null || left === undefined) {
    return;
  }
  endsAt = performance.now() + 1000 * left;
  clearInterval(ticking);
  ticking = setInterval(tick, 1000);
  tick();
}

function tick() {
  const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  if (left >= SECONDS_SHOWN_BELOW) {
    say(clock, fill(clock.dataset.minutes, { m: Math.ceil(left / 60) }));
  } else {
    say(clock, fill(clock.dataset.seconds, { m: Math.floor(left / 60), s: left % 60 }));
  }
  for (const limit of ANNOUNCE_AT) {
    if (left <= limit && before > limit && before !== Infinity) {
      say(announcer, fill(announcer.dataset.words, { m: limit / 60 }));
    }
  }
  before = left;
  if (left === 0) {
    clearInterval(ticking);
    form.requestSubmit ? form.requestSubmit() : send();
  }
}

// The monotonic clock may stand while a phone sleeps, so a page that comes back asks for the time.
async function askTime() {
  if (document.visibilityState !== "visible" || sending) {
    return;
  }
  try {
    const reply = await fetch(form.dataset.time, { credentials: "same-origin" });
    const now = await reply.json();
    if (now.position !== Number(form.elements.position.value)) {
      location.reload();
    } else {
      startClock(now.left);
    }
  } catch {
    // no network just now; the clock goes on as it was
  }
}

if (form && clock) {
  startClock(Number(clock.dataset.left));
  document.addEventListener("visibilitychange", askTime);
}
