// Compiles a job as Flamenco Manager does, with its documented objects and nothing else: what is misspelt, missing or
// of the wrong type is an error here, not on a farm. Usage: node flamenco.js SCRIPT.js < submitted-job.json
"use strict";
const fs = require("fs");
const vm = require("vm");

const TASK_TYPES = ["blender", "ffmpeg", "file-management", "misc"];
// The worker's list of commands: parameter, type, whether it must be there.
const COMMANDS = {
    "exec": { exe: ["string", true], args: ["strings", true] },
    "blender-render": {
        exe: ["string", true], exeArgs: ["string", false], argsBefore: ["strings", false],
        blendfile: ["string", true], args: ["strings", true],
    },
};
// The API's schema AvailableJobSetting.
const SETTING = {
    key: "string", type: ["string", "int32", "float", "bool"], subtype: ["file_path", "dir_path", "file_name",
    "hashed_file_path"], choices: "strings", propargs: "object", description: "string", default: null, eval: "string",
    evalInfo: "object", visible: ["visible", "hidden", "submission", "web"], required: "boolean", editable: "boolean",
    label: "string",
};
const DEFAULTS = { string: "string", int32: "number", float: "number", bool: "boolean" };

function fail(text) { throw new Error(text); }
function isA(value, kind) {
    return kind === "strings" ? Array.isArray(value) && Array.from(value).every((v) => typeof v === "string")
        : typeof value === kind;
}
// An object whose members are all there are: reading another one is an error.
function strict(name, members) {
    return new Proxy(members, {
        get: (target, key) => (typeof key === "symbol" || key in target) ? target[key] : fail(`${name} has no ${key}`),
        set: (_, key) => fail(`${name}.${String(key)} cannot be set`),
    });
}

const tasks = [];
const commands = new WeakSet(), known = new WeakMap();
const author = strict("author", {
    Task(name, type) {
        if (!isA(name, "string") || !name.trim()) fail("author.Task(name, type): name is required");
        if (!TASK_TYPES.includes(type)) fail(`no worker takes tasks of type ${type}`);
        const data = { name, type, commands: [], dependencies: [] };
        const task = strict("task", {
            addCommand(command) { commands.has(command) ? data.commands.push(command) : fail("addCommand wants a command"); },
            addDependency(other) {
                if (!known.has(other)) fail("addDependency wants a task");
                data.dependencies.push(known.get(other).name);
            },
        });
        known.set(task, data);
        return task;
    },
    Command(name, parameters, totalStepCount = 0) {
        const wanted = COMMANDS[name] || fail(`no command ${name}`);
        for (const key of Object.keys(parameters)) wanted[key] || fail(`${name} has no parameter ${key}`);
        for (const [key, [kind, needed]] of Object.entries(wanted)) {
            if (key in parameters ? !isA(parameters[key], kind) : needed) fail(`${name}.${key} is not ${kind}`);
        }
        if (!Number.isInteger(totalStepCount)) fail("totalStepCount is a whole number");
        const command = { name, parameters, totalStepCount };
        commands.add(command);
        return command;
    },
});

function explode(text) {
    const frames = new Set();
    for (const part of text.replaceAll("..", "-").split(",")) {
        const ends = part.split("-").map((word) => /^\s*\d+\s*$/.test(word) ? Number(word) : fail(`invalid range ${text}`));
        if (ends.length > 2) fail(`invalid range ${text}`);
        for (let frame = ends[0]; frame <= ends[ends.length - 1]; frame++) frames.add(frame);
    }
    return Array.from(frames).sort((a, b) => a - b);
}
// One frame as "4", two as "4,5", more as "4-6".
function merge(frames) {
    const runs = [];
    for (const frame of frames) {
        const last = runs[runs.length - 1];
        if (last && last[1] === frame - 1) last[1] = frame; else runs.push([frame, frame]);
    }
    return runs.map(([a, b]) => a === b ? `${a}` : b === a + 1 ? `${a},${b}` : `${a}-${b}`).join(",");
}
function frameChunker(range, size) {
    if (!isA(range, "string") || !range.trim()) fail("empty range");
    if (!Number.isInteger(size) || size < 1) fail("invalid chunk size");
    const frames = explode(range), chunks = [];
    for (let i = 0; i < frames.length; i += size) chunks.push(merge(frames.slice(i, i + size)));
    return chunks;
}

function checkType(type) {
    for (const key of Object.keys(type)) if (!["label", "description", "settings"].includes(key)) fail(`JOB_TYPE.${key}`);
    isA(type.label, "string") || fail("JOB_TYPE.label");
    for (const setting of type.settings) {
        for (const [key, value] of Object.entries(setting)) {
            if (!(key in SETTING)) fail(`setting ${setting.key} has ${key}`);
            const wanted = SETTING[key];
            const right = wanted === null ? isA(value, DEFAULTS[setting.type])
                : Array.isArray(wanted) ? wanted.includes(value) : isA(value, wanted);
            right || fail(`setting ${setting.key}.${key} is ${value}`);
        }
        "key" in setting && "type" in setting || fail("a setting wants key and type");
    }
}

const sandbox = vm.createContext({
    author, frameChunker,
    path: strict("path", require("path").posix && {
        basename: (p) => require("path").posix.basename(p), dirname: (p) => require("path").posix.dirname(p),
        join: (...p) => require("path").posix.join(...p), stem: (p) => require("path").posix.parse(p).name,
    }),
    formatTimestampLocal: (time) => time instanceof Date ? "2026-11-21_101112" : fail("formatTimestampLocal wants a time"),
    print: () => undefined, alert: () => undefined,
});
const source = fs.readFileSync(process.argv[2], "utf8");
vm.runInContext(`${source}\n;globalThis.exported = { JOB_TYPE, compileJob };`, sandbox, { filename: process.argv[2] });
checkType(sandbox.exported.JOB_TYPE);

const submitted = JSON.parse(fs.readFileSync(0, "utf8"));
const settings = {};
for (const setting of sandbox.exported.JOB_TYPE.settings) {
    const value = setting.key in submitted ? submitted[setting.key] : setting.default;
    if (setting.required && value === undefined) fail(`${setting.key} is required`);
    if (value !== undefined) settings[setting.key] = value;
    delete submitted[setting.key];
}
for (const key of Object.keys(submitted)) fail(`no setting ${key}`);
const job = strict("job", {
    name: "a job", created: new Date(), settings,
    addTask(task) {
        const data = known.get(task) || fail("addTask wants a task");
        const lacking = data.dependencies.filter((name) => !tasks.some((other) => other.name === name));
        // what is waited for comes first, as in Flamenco's own scripts
        if (lacking.length) fail(`${data.name} depends on ${lacking}, which is not added before it`);
        tasks.some((other) => other.name === data.name) ? fail(`two tasks ${data.name}`) : tasks.push(data);
    },
});
sandbox.exported.compileJob(job);
process.stdout.write(JSON.stringify({ type: sandbox.exported.JOB_TYPE, settings, tasks }));
