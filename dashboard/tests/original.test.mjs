// The whole job, by a person with a browser, against a running product:
//   BASE_URL=http://localhost:8000 API_KEY=va_… [SHEET=path.xlsx] node --test tests/original.test.mjs
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, openBrowser } from "./browser.mjs";

const { BASE_URL, API_KEY, SHEET } = process.env;
/** The longest a whole small campaign may take, calls included. */
const CAMPAIGN_MS = Number(process.env.CAMPAIGN_TIMEOUT_MS || 300_000);
const FINAL = /Completed|Failed|Not picked|Skipped/;

let browser;
before(async () => {
  assert.ok(BASE_URL, "set BASE_URL to the running product, like http://localhost:8000");
  assert.ok(API_KEY, "set API_KEY to a key with the scopes read, call and upload");
  assert.ok(SHEET && existsSync(SHEET), "set SHEET to an .xlsx with some good rows and at least one bad row");
  browser = await openBrowser();
});
after(async () => { await browser?.close(); });

test("upload a sheet, call everyone, watch them to the end, read a transcript", { timeout: CAMPAIGN_MS + 120_000 }, async () => {
  const page = await (await browser.newContext({ viewport: { width: 1360, height: 1000 } })).newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && /Content Security Policy/.test(message.text())) faults.push(message.text()); });

  await page.goto(`${BASE_URL}/original#key=${encodeURIComponent(API_KEY)}`);
  await page.locator("#connection", { hasText: /Connected/ }).waitFor();

  await page.setInputFiles("#file", SHEET);
  const report = page.locator("#upload-report [data-upload]");
  await report.waitFor({ timeout: 60_000 });
  const taken = Number(await report.getAttribute("data-processed"));
  const refused = Number(await report.getAttribute("data-failed"));
  assert.ok(taken > 0, `no row was stored: ${await report.textContent()}`);
  assert.ok(refused > 0, "the sheet should hold a bad row, so that its report can be seen");
  await page.locator("#row-errors tr").first().waitFor();
  const [firstError] = await page.locator("#row-errors tr").allTextContents();
  assert.match(firstError, /\d/, "a row error names its row");

  await page.locator("#call-all:enabled").click();
  const title = page.locator("#confirm-title", { hasText: /^Call [\d,]+ customers?\?$/ });
  await title.waitFor({ timeout: 60_000 });
  const asked = Number((await title.textContent()).replaceAll(/\D/g, ""));
  assert.ok(asked >= 1, "the question names the number");
  const before = Date.now();
  await page.locator("#confirm-yes").click();

  // Chips change live: first somebody is on the phone, then the campaign is over.
  await page.locator("#live li").first().waitFor({ timeout: CAMPAIGN_MS });
  await page.locator("#customers .chip", { hasText: FINAL }).first().waitFor({ timeout: CAMPAIGN_MS });
  const campaign = page.locator("#campaigns .campaign").first();
  await campaign.locator(".badge", { hasText: "Completed" }).waitFor({ timeout: CAMPAIGN_MS - (Date.now() - before) });
  await page.waitForFunction(() => document.querySelector("#tile-active_calls").textContent === "0", null, { timeout: 60_000 });
  const completed = Number((await page.locator("#tile-completed_calls").textContent()).replaceAll(/\D/g, ""));
  assert.ok(completed > 0, "some calls were completed");
  // The page heard it all live: nothing changes by loading it again.
  const shown = await page.locator("#tiles dd").allTextContents();

  const done = page.locator("#recent tr").filter({ has: page.locator(".chip", { hasText: "Completed" }) }).first();
  await done.getByRole("button", { name: /Transcript/ }).click();
  await page.locator("#lines .say").first().waitFor();
  assert.ok(await page.locator("#lines .say [lang]").first().getAttribute("lang"), "a line says its language");
  await assertAccessible(page, "the page after a campaign");

  await page.reload();
  await page.locator("#connection", { hasText: /Connected/ }).waitFor();
  await page.waitForFunction((tiles) => [...document.querySelectorAll("#tiles dd")].every((dd, i) => dd.textContent === tiles[i]), shown, { timeout: 30_000 });
  assert.deepEqual(faults, []);
});
