// A real Chromium for the tests, and the accessibility check every test of a page makes.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);

/** Opens the browser of $CHROMIUM (or Debian's). */
export async function openBrowser() {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  assert.ok(existsSync(executablePath), `there is no browser at ${executablePath}; set CHROMIUM`);
  return chromium.launch({ executablePath, args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

/** Fails on any violation that axe calls serious or critical. */
export async function assertAccessible(page, where) {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  }
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  const told = serious.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} (${n.failureSummary})`).join("; ")}`);
  assert.deepEqual(told, [], `accessibility of ${where}`);
}
