#!/bin/sh
# Prints the path of a Chromium for the browser tests: TAKAR_CHROMIUM, the system's, Debian's package where it may be
# installed, or playwright's own. Fails with one line where there is none.
set -u

for name in "${TAKAR_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && path=$(command -v "$name"); then
    echo "$path"
    exit 0
  fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update >&2 && apt-get install --yes --no-install-recommends chromium fonts-noto-core >&2 &&
    command -v chromium && exit 0
fi

"$PYTHON" -m playwright install chromium >&2 || true
path=$("$PYTHON" - <<'END'
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
END
)
if [ -x "$path" ]; then
  echo "$path"
  exit 0
fi

echo "No Chromium for the browser tests: install Debian's package 'chromium', or set TAKAR_CHROMIUM to one." >&2
exit 1
