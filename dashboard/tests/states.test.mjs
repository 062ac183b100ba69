// The states of the page that a healthy product never shows, and what it must never do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, openBrowser } from "./browser.mjs";
import { broken, call, customer, empty, figures, full, line, nothing, openStubbed } from "./stub.mjs";

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

const row = (page, name) => page.locator("#live li").filter({ hasText: name });
const update = (n, status, more = {}) => ({ type: "status_update", position: `${200 + n}-0`, ...call(n, status), message: "", source: "webhook", at: "2026-11-23T06:31:00Z", ...more });
/** Waits until the page shows the text there. */
const shows = (locator, text) => locator.filter({ hasText: text }).first().waitFor();

test("an empty product says what to do next", async () => {
  const { page, faults } = await openStubbed(browser, { answers: empty, snapshot: nothing });
  await shows(page.locator("#customers-state"), "Upload a sheet");
  await shows(page.locator("#live-state"), "Nobody is on the phone");
  await shows(page.locator("#recent-state"), "No finished calls yet");
  assert.equal(await page.locator("#call-all").isDisabled(), true);
  await assertAccessible(page, "the empty page");
  assert.deepEqual(faults, []);
});

test("what failed is named with its request id and can be tried again", async () => {
  const answers = { ...broken };
  const { page } = await openStubbed(browser, { answers });
  await shows(page.locator("#customers-state"), "Customers could not be loaded");
  await shows(page.locator("#customers-state code"), "0192f0aa-4c1e-7d10-b7a1-2f5d9b3c1e77");
  await assertAccessible(page, "the page with errors");
  Object.assign(answers, full);
  await page.locator("#customers-state").getByRole("button", { name: "Try again" }).click();
  await shows(page.locator("#customers"), "Ravi Kumar");
});

test("a refused key leads back to the key form with the reason", async () => {
  const { page } = await openStubbed(browser, { refuseKey: true, answers: full });
  await shows(page.locator("#key-problem"), "This API key is not valid");
  assert.equal(await page.locator("#work").isVisible(), false);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("key")), null);
  await assertAccessible(page, "the key form");
});

test("the key leaves the address at once", async () => {
  const { page } = await openStubbed(browser, { answers: full });
  assert.equal(new URL(page.url()).hash, "");
});

test("a status changes in its place and a finished call moves to the recent ones", async () => {
  const { page, send } = await openStubbed(browser, { answers: full });
  await row(page, "Ravi Kumar").waitFor();
  const order = await page.locator("#live .who").allTextContents();
  send(update(0, "ringing"));
  await shows(row(page, "Ravi Kumar").locator(".chip"), "Ringing");
  send(update(2, "not_picked", { failure_class: "busy" }));
  await shows(row(page, "Mohammed Irfan").locator(".chip"), "Not picked: busy");
  assert.deepEqual(await page.locator("#live .who").allTextContents(), order);
  assert.equal(await page.locator("#live-count").textContent(), "3");
  await shows(page.locator("#log"), "Mohammed Irfan: not picked (busy)");
});

test("a lost connection is said, and the page comes back with its position", async () => {
  const { page, send, sockets, hellos } = await openStubbed(browser, { answers: full });
  await shows(page.locator("#connection"), /Connected/);
  send({ type: "log", position: "321-4", level: "info", message: "the last thing heard", call_id: null, at: "2026-11-23T06:31:00Z" });
  await shows(page.locator("#log"), "the last thing heard");
  sockets.at(-1).close({ code: 1011 });
  await shows(page.locator("#connection"), /Disconnected|Reconnecting/);
  await shows(page.locator("#connection"), /Connected/);
  assert.equal(hellos.at(-1).since, "321-4");
  assert.equal(await page.locator("#stale").isVisible(), false);
});

test("a transcript is read along in its own language", async () => {
  const chosen = figures.active_calls[0];
  const answers = { ...full, [`GET /api/calls/${chosen.call_id}`]: { json: { ...chosen, updates: [], transcript: [], summary: null } } };
  const { page, send } = await openStubbed(browser, { answers });
  await row(page, "Lakshmi").getByRole("button", { name: /Transcript/ }).click();
  await shows(page.locator("#transcript-state"), "Nothing said yet");
  send({ type: "transcript", position: "301-0", call_id: chosen.call_id, line: line("caller", "हाँ, बोलिए।", 4200) });
  send({ type: "transcript", position: "302-0", call_id: chosen.call_id, line: line("caller", "हाँ, बोलिए।", 4200) });
  const said = page.locator("#lines [lang]");
  await shows(said, "हाँ");
  assert.equal(await said.getAttribute("lang"), "hi-IN");
  assert.equal(await said.count(), 1);
  await assertAccessible(page, "the page with a transcript");
});

test("calling everyone names the number and calls exactly those", async () => {
  const answers = { ...full, "POST /api/trigger-bulk-calls": { json: { success: true, campaign_id: "c", total: 24, queued: 23, skipped: [{ customer_id: "x", reason: "do_not_call" }] } } };
  const { page, requests } = await openStubbed(browser, { answers });
  await page.locator("#call-all:enabled").click();
  await shows(page.locator("#confirm-title"), "Call 24 customers?");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  assert.equal(requests.filter((r) => r.method === "POST").length, 0);
  await page.locator("#call-all:enabled").click();
  await page.getByRole("button", { name: "Call 24 customers" }).click();
  await shows(page.locator("#toasts"), "23 customers queued, 1 skipped");
  const [sent] = requests.filter((r) => r.method === "POST");
  assert.deepEqual(JSON.parse(sent.body).customer_ids.length, 24);
});

test("a sheet too large for a request goes straight to the file store and is followed to its end", async () => {
  const uploads = ["awaiting_file", "processing", "partial_failure"].map((upload_status, n) => ({ id: "u-1", upload_status, total_records: n * 60_000, processed_records: n * 59_999, failed_records: n, duplicate_records: 0, processing_errors: [] }));
  const answers = { ...full, "POST /api/uploads": { json: { upload_id: "u-1", put_url: "http://dash.test/store/u-1?sig=s", headers: { "content-length": "5000000", "x-store": "yes" }, expires_at: "2026-11-23T07:30:00Z" } }, "PUT /store/u-1": (request) => { answers.stored = request.headers(); return { status: 200, body: "" }; }, "GET /api/uploads/u-1": () => ({ json: uploads.length > 1 ? uploads.shift() : uploads[0] }) };
  const { page, requests, faults } = await openStubbed(browser, { answers });
  const bytes = 5_000_000;
  await page.setInputFiles("#file", { name: "large.csv", mimeType: "text/csv", buffer: Buffer.alloc(bytes, "x") });
  await shows(page.locator("#upload-report"), "60,000 so far");
  await shows(page.locator("#upload-report"), "1,19,998 of 1,20,000 rows stored, 2 refused.");
  assert.deepEqual(requests.find((r) => r.pathname === "/api/uploads").body, JSON.stringify({ filename: "large.csv", bytes }));
  assert.equal(answers.stored["x-store"], "yes");
  assert.equal(answers.stored.authorization, undefined, "the file store is not ours to show a key");
  assert.equal(requests.some((r) => r.pathname === "/api/upload-customers"), false);
  assert.deepEqual(faults, []);
});

test("a large sheet that can not be used says why", async () => {
  const failed = { id: "u-1", upload_status: "failed", total_records: 0, processed_records: 0, failed_records: 0, duplicate_records: 0, processing_errors: [{ row: 0, column: "file", value_masked: "", problem: "no column holds phone numbers; the headers are: Name, City" }] };
  const answers = { ...full, "POST /api/uploads": { json: { upload_id: "u-1", put_url: "http://dash.test/store/u-1", headers: {}, expires_at: "2026-11-23T07:30:00Z" } }, "PUT /store/u-1": { status: 200, body: "" }, "GET /api/uploads/u-1": { json: failed } };
  const { page } = await openStubbed(browser, { answers });
  await page.setInputFiles("#file", { name: "large.csv", mimeType: "text/csv", buffer: Buffer.alloc(5_000_000, "x") });
  await shows(page.locator("#upload-report"), "the headers are: Name, City");
  assert.equal(await page.locator("#choose").isDisabled(), false);
});

test("a sheet of the workbook that was not read is named above the rows to correct", async () => {
  const ofFile = { row: 0, column: "file", value_masked: "", problem: "not read: “March”; of a workbook one sheet is read" };
  const report = { success: true, upload_id: "u-1", total_records: 2, processed_records: 2, failed_records: 0, duplicate_records: 0, status: "partial_failure", errors: [ofFile] };
  const { page } = await openStubbed(browser, { answers: { ...full, "POST /api/upload-customers": { json: report } } });
  await page.setInputFiles("#file", { name: "a.xlsx", mimeType: "application/octet-stream", buffer: Buffer.from("x") });
  await shows(page.locator("#upload-report .note.fair"), "not read: “March”");
  assert.equal(await page.locator("#row-errors").count(), 0, "no row is to be corrected");
});

test("refused rows are downloaded whole, page after page", async () => {
  const uploadId = "0192f000-0000-7000-8000-000000000777";
  const report = { success: true, upload_id: uploadId, total_records: 3, processed_records: 1, failed_records: 2, duplicate_records: 0, status: "partial_failure", errors: [{ row: 3, column: "Phone", value_masked: "**", problem: "too short" }] };
  const pages = { 0: { headers: { "x-next-cursor": "4" }, contentType: "text/csv", body: "Row,Problem\r\n3,first\r\n" }, 4: { contentType: "text/csv", body: "9,second\r\n" } };
  const answers = { ...full, "POST /api/upload-customers": { json: report }, [`GET /api/uploads/${uploadId}/rejected`]: (request) => pages[new URL(request.url()).searchParams.get("cursor")] };
  const { page, faults } = await openStubbed(browser, { answers });
  await shows(page.locator("#connection"), /Connected/);
  await page.setInputFiles("#file", { name: "a.xls", mimeType: "application/vnd.ms-excel", buffer: Buffer.from("x") });
  const button = page.getByRole("button", { name: "Download the refused rows" });
  await button.waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  assert.equal(download.suggestedFilename(), "rejected-rows.csv");
  const chunks = []; for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), "Row,Problem\r\n3,first\r\n9,second\r\n");
  await assertAccessible(page, "the page after an upload with refused rows");
  assert.deepEqual(faults, []);
});

test("hostile names stay text", async () => {
  const evil = '<img src=x onerror="window.broken=1">';
  const answers = { ...full, "GET /api/customers": { json: { items: [{ ...customer(1), name: evil }], next_cursor: null } } };
  const { page, send } = await openStubbed(browser, { answers });
  await shows(page.locator("#customers"), evil);
  send({ type: "log", position: "400-0", level: "error", message: evil, call_id: null, at: "2026-11-23T06:31:00Z" });
  await shows(page.locator("#log"), evil);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.evaluate(() => window.broken), undefined);
});

test("a key that may only read is offered nothing else", async () => {
  const { page } = await openStubbed(browser, { answers: full, scopes: ["read"] });
  await shows(page.locator("#customers"), "Ravi Kumar");
  await shows(page.locator("#connection"), /Connected/);
  await page.locator("#choose:disabled").waitFor();
  assert.equal(await page.locator("#call-all").isDisabled(), true);
  assert.equal(await page.locator("#customers button:enabled").count(), 0);
});

for (const colorScheme of ["light", "dark"]) {
  test(`the page fits a phone of 360 px and is accessible in ${colorScheme} colours`, async () => {
    const { page } = await openStubbed(browser, { answers: full, context: { viewport: { width: 360, height: 780 }, colorScheme } });
    await shows(page.locator("#customers"), "Ravi Kumar");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0);
    const call = await page.locator("#customers button", { hasText: "Call" }).first().boundingBox();
    assert.ok(call.x + call.width <= 360, "the call button can be reached without scrolling sideways");
    await assertAccessible(page, `the phone page in ${colorScheme}`);
  });
}
