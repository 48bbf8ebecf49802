// The program under test: started on a free port over a data folder of its own, stopped, started again.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STARTS_WITHIN = 15_000;

export class App {
  static async start(binary) {
    const app = new App();
    app.binary = binary;
    app.folder = await mkdtemp(join(tmpdir(), "quartermaster-browser-"));
    app.listen = "127.0.0.1:0";
    await app.run(["--fresh"]);
    return app;
  }

  /** Starts the process and waits for the address it prints. A later run listens where the first one did. */
  run(more = []) {
    const process = spawn(this.binary, ["dev", "--listen", this.listen, "--data", this.folder, ...more]);
    this.process = process;
    this.said = "";
    this.ended = new Promise((resolve) => process.once("exit", resolve));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`dev did not start:\n${this.said}`)), STARTS_WITHIN);
      const listen = (chunk) => {
        this.said += chunk;
        const address = /http:\/\/(127\.0\.0\.1:\d+)/.exec(this.said);
        if (!address) return;
        clearTimeout(late);
        this.listen = address[1];
        this.url = address[0];
        resolve();
      };
      process.stdout.on("data", listen);
      process.stderr.on("data", (chunk) => { this.said += chunk; });
      process.once("exit", (code) => {
        clearTimeout(late);
        reject(new Error(`dev ended with ${code}:\n${this.said}`));
      });
    });
  }

  /** Ends the process as Ctrl-C does; answers its exit code. */
  stop() {
    this.process.kill("SIGINT");
    return this.ended;
  }

  async remove() {
    if (this.process.exitCode === null) this.process.kill("SIGKILL");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
