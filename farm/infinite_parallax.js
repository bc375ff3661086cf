// SPDX-License-Identifier: GPL-3.0-or-later

// A Flamenco job type: plates, frames on every machine, the sound, and the video of them all. docs/farm.md says how to
// install it. Its tasks run this project's own commands, which render no picture twice and show none before it is
// whole; Flamenco's `frames-to-video` was the other road, and it knows neither our formats nor our sound.

const JOB_TYPE = {
    label: "Infinite Parallax",
    description: "Paint the plates if a project is given, render the frames on all machines, mix the sound, join them",
    settings: [
        { key: "frames", type: "string", required: true,
          eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
          evalInfo: { showLinkButton: true, description: "Scene frame range" },
          description: "Frames to render, such as '1-240' or '3, 5-10'" },
        { key: "chunk_size", type: "int32", default: 48, propargs: { min: 1, max: 10000 }, visible: "submission",
          description: "Frames in one task; a Blender takes some seconds to open the scene" },
        { key: "join", type: "bool", default: true, visible: "submission",
          description: "Mix the sound and make the video; wants all frames of the scene" },

        { key: "project", type: "string", subtype: "file_path", default: "", visible: "submission",
          description: "Project file to paint first, into the blend file; empty: the blend file is finished" },
        { key: "server", type: "string", default: "", visible: "submission",
          description: "Address of the inpaint server that paints; empty: one on the machine that gets the task" },
        { key: "token_file", type: "string", subtype: "file_path", default: "", visible: "submission",
          description: "File with that server's token" },

        { key: "render_output_root", type: "string", subtype: "dir_path", required: true, visible: "submission",
          description: "Folder that all machines see, where results go" },
        { key: "add_path_components", type: "int32", required: true, default: 0, propargs: { min: 0, max: 32 },
          visible: "submission", description: "Folders of the blend file's path that are repeated below it" },
        { key: "render_output_path", type: "string", subtype: "file_path", editable: false,
          eval: "str(Path(abspath(settings.render_output_root), last_n_dir_parts(settings.add_path_components), "
              + "jobname, '{timestamp}', 'video'))",
          description: "The video, without its ending; its frames lie in the folder frames beside it" },

        { key: "blendfile", type: "string", required: true, visible: "web", description: "The blend file" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    if (!settings.render_output_path) {
        throw "render_output_path is empty";
    }
    settings.render_output_path = settings.render_output_path.replace("{timestamp}", formatTimestampLocal(job.created));
    const folder = path.join(path.dirname(settings.render_output_path), "frames");

    const plates = settings.project ? platesTask(settings) : null;
    const parts = frameTasks(settings, folder);
    if (settings.join) {
        parts.push(soundTask(settings, folder));
    }
    if (plates) {
        job.addTask(plates);
        for (const part of parts) {
            part.addDependency(plates);
        }
    }
    for (const part of parts) {
        job.addTask(part);
    }
    if (settings.join) {
        const video = joinTask(settings, folder);
        for (const part of parts) {
            video.addDependency(part);
        }
        job.addTask(video);
    }
}

// A server that runs already goes on with a job that was begun, so the task may be run again.
function platesTask(settings) {
    const args = ["scene", "--project", settings.project, "-o", settings.blendfile, "--blender", "{blender}"];
    if (settings.server) {
        args.push("--server", settings.server);
    }
    if (settings.token_file) {
        args.push("--token-file", settings.token_file);
    }
    const task = author.Task("plates", "misc");
    task.addCommand(author.Command("exec", { exe: "{infiniteParallax}", args: args }));
    return task;
}

function frameTasks(settings, folder) {
    const tasks = [];
    for (const chunk of frameChunker(settings.frames, settings.chunk_size)) {
        const task = author.Task(`frames-${chunk}`, "blender");
        // a chunk of "3, 5-10" holds several runs
        for (const run of chunk.split(",")) {
            const ends = run.split("-");
            const first = ends[0], last = ends[ends.length - 1];
            const frames = ["frames", "--first", first, "--last", last, "--folder", folder];
            task.addCommand(inBlender(settings, frames, Number(last) - Number(first) + 1));
            if (settings.join) {
                // here and not at the end, where one machine would encode what all have rendered
                const args = ["encode", folder, "--first", first, "--last", last];
                task.addCommand(author.Command("exec", { exe: "{infiniteParallax}", args: args }));
            }
        }
        tasks.push(task);
    }
    return tasks;
}

function soundTask(settings, folder) {
    const task = author.Task("sound", "blender");
    task.addCommand(inBlender(settings, ["sound", "--out", path.join(folder, "sound.wav")], 1));
    return task;
}

function inBlender(settings, args, steps) {
    return author.Command("blender-render", {
        exe: "{blender}",
        exeArgs: "{blenderArgs}",
        argsBefore: [],
        blendfile: settings.blendfile,
        args: ["--python-exit-code", "1", "--python", "{infiniteParallaxFolder}/blender_addon/boot.py", "--"].concat(args),
    }, steps);
}

function joinTask(settings, folder) {
    const task = author.Task("video", "ffmpeg");
    task.addCommand(author.Command("exec", {
        exe: "{infiniteParallax}",
        args: ["join", folder, "-o", settings.render_output_path],
    }));
    return task;
}
