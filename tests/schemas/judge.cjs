// SPDX-License-Identifier: LGPL-2.1-or-later
// judge.cjs DOCUMENT SCHEMA [REFERENCED...]: holds JSON against a JSON schema (draft 7), by ajv of the
// current directory. Says what is wrong and ends with 1 where it does not fit.
const fs = require("fs");
const { createRequire } = require("module");
const { basename } = require("path");
const need = createRequire(`${process.cwd()}/`);
const Ajv = need("ajv").default;

const [document, schema, ...referenced] = process.argv.slice(2);
const read = (path) => JSON.parse(fs.readFileSync(path, "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true, addUsedSchema: false });
need("ajv-formats").default(ajv);
need("ajv-formats-draft2019")(ajv);
// What no document of ours has, and ajv has no rule for.
ajv.addFormat("iri-reference", true);
// They are referred to by their files' names.
const main = read(schema);
referenced.forEach((path) => ajv.addSchema(read(path), new URL(basename(path), main.$id).href));

const fits = ajv.compile(main);
if (!fits(read(document))) {
  fits.errors.slice(0, 20).forEach((error) => console.error(`${error.instancePath}: ${error.message}`));
  process.exit(1);
}
