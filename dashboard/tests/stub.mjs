// The page against answers of our choice: no server, so every state can be reached at will.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const html = readFileSync(new URL("../original.html", import.meta.url), "utf8");
// As strict as the product serves it: what the page does must be possible under its own hashes.
const hash = (tag) => `'sha256-${createHash("sha256").update(html.split(`<${tag}>`)[1].split(`</${tag}>`)[0]).digest("base64")}'`;
const policy = `default-src 'none'; script-src ${hash("script")}; style-src ${hash("style")}; connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const at = "2026-11-23T06:30:00Z";
const id = (n) => `0192f000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const NAMES = ["Ravi Kumar", "Priya Nair", "Mohammed Irfan", "Lakshmi Subramaniam", "Gurpreet Singh", "Ananya Chatterjee", "Sunita Patil", "Harsh Patel", "Meera Iyer", "Bijay Das"];
const STATES = ["Uttar Pradesh", "Kerala", "Telangana", "Tamil Nadu", "Punjab", "West Bengal", "Maharashtra", "Gujarat", "Tamil Nadu", "Odisha"];

export const customer = (n) => ({ id: id(n), name: NAMES[n % 10], phone_number: `+91******32${String(n).padStart(2, "0")}`, state: STATES[n % 10], loan_id: `LN-2026-${1000 + n}`, amount: `${15000 + n * 1250}.50`, due_date: "2026-12-05", language_code: "hi-IN", created_at: at });
export const call = (n, status, more = {}) => ({ call_id: id(500 + n), call_sid: `sid${n}`, customer_id: id(n), customer_name: NAMES[n % 10], phone_number: `******32${String(n).padStart(2, "0")}`, campaign_id: null, attempt: 1, status, live: true, outcome_unknown: false, requested_at: at, end_time: null, duration: null, failure_class: null, disposition: null, updated_at: at, ...more });
export const line = (speaker, text, start_ms, more = {}) => ({ speaker, text, language: "hi-IN", start_ms, end_ms: start_ms + 1500, interrupted: false, estimated: false, ...more });

export const campaign = { id: id(900), name: "December reminders", status: "running", settings: {}, total: 30, queued: 12, live: 4, finished: 14, created_by: "local", created_at: at, updated_at: at };
export const figures = {
  at,
  statistics: { total_calls: 30, queued_calls: 12, active_calls: 4, completed_calls: 9, failed_calls: 2, not_picked_calls: 3, skipped_calls: 0, transferred_calls: 2, success_rate: 0.643, failure_rate: 0.143, agent_transfer_rate: 0.22, average_duration: 83.4 },
  active_calls: [call(3, "in_progress"), call(2, "ringing"), call(1, "agent_transfer"), call(0, "initiated")],
  recent_calls: [call(6, "completed", { disposition: "promise_to_pay", duration: 96, end_time: at }), call(7, "not_picked", { failure_class: "no_answer", end_time: at }), call(8, "failed", { failure_class: "bad_number", end_time: at }), call(9, "completed", { disposition: "transferred", duration: 148, end_time: at })],
  series: Array.from({ length: 48 }, (_, n) => ({ at: new Date(Date.parse(at) - (48 - n) * 1_800_000).toISOString(), requested: n % 9, completed: n > 20 ? n % 7 : 0, failed: n % 11 === 0 ? 1 : 0, not_picked: n > 20 ? n % 3 : 0 })),
  system: { websocket_connections: 2, redis_memory: 3_400_000, database_pool: { in_use: 3, max: 20 }, api_response_times: [{ process: "local", route: "GET /api/customers", count: 40, p50_ms: 4, p95_ms: 18 }], queue_depth: { dial: 12, call_events: 0 }, notes: [] },
};
export const nothing = { ...figures, statistics: Object.fromEntries(Object.keys(figures.statistics).map((k) => [k, 0])), active_calls: [], recent_calls: [], series: [] };

/** A page whose server answers from `answers` (by "METHOD /path"); gives the server's side of the socket. */
export async function openStubbed(browser, { answers = {}, snapshot = figures, scopes = ["read", "call", "upload", "admin", "pii"], context = {}, refuseKey = false } = {}) {
  const page = await (await browser.newContext({ viewport: { width: 1360, height: 1000 }, ...context })).newPage();
  const world = { page, requests: [], sockets: [], hellos: [], faults: [] };
  page.on("pageerror", (error) => world.faults.push(String(error)));
  page.on("console", (message) => { if (/Content Security Policy/.test(message.text())) world.faults.push(message.text()); });
  await page.route("http://dash.test/**", async (route) => {
    const request = route.request(), { pathname } = new URL(request.url());
    if (pathname === "/original") return route.fulfill({ contentType: "text/html", headers: { "content-security-policy": policy }, body: html });
    world.requests.push({ method: request.method(), pathname, body: request.postData() });
    const answer = answers[`${request.method()} ${pathname}`] ?? { status: 404, json: { success: false, code: "not_found", detail: "not stubbed", request_id: "r-0" } };
    return route.fulfill(typeof answer === "function" ? await answer(request) : answer);
  });
  await page.routeWebSocket("ws://dash.test/ws/dashboard", (socket) => {
    world.sockets.push(socket);
    socket.onMessage((text) => {
      const hello = JSON.parse(text);
      world.hellos.push(hello);
      if (refuseKey) return socket.close({ code: 4401, reason: "this API key is not valid" });
      socket.send(JSON.stringify({ type: "connection_established", connection_id: "c-1", scopes, resumed: Boolean(hello.since) }));
      if (!hello.since) socket.send(JSON.stringify({ type: "snapshot", position: "100-0", gap: false, data: snapshot }));
    });
  });
  world.send = (message) => world.sockets.at(-1).send(JSON.stringify(message));
  await page.goto("http://dash.test/original#key=va_test");
  return world;
}

export const full = {
  "GET /api/customers": { json: { items: Array.from({ length: 24 }, (_, n) => customer(n)), next_cursor: null } },
  "GET /api/campaigns": { json: { items: [campaign], next_cursor: null } },
  "GET /api/dashboard-data": { json: figures },
};
export const empty = {
  "GET /api/customers": { json: { items: [], next_cursor: null } },
  "GET /api/campaigns": { json: { items: [], next_cursor: null } },
  "GET /api/dashboard-data": { json: nothing },
};
export const broken = Object.fromEntries(["customers", "campaigns"].map((what) => [`GET /api/${what}`, { status: 503, json: { success: false, code: "unavailable", detail: "a service we depend on is not available; try again", request_id: "0192f0aa-4c1e-7d10-b7a1-2f5d9b3c1e77" } }]));
