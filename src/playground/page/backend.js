// Talking to the playground: one person's screen, the stream of changes, and acts.

/** The screen of `person`, or null when the playground is gone. */
export async function fetchScreen(person) {
  try {
    const answer = await fetch(`/playground/state?as=${encodeURIComponent(person)}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Does something as `person`; answers `{ok, error?, ...}` and never throws. */
export async function act(person, type, fields = {}) {
  try {
    const answer = await fetch("/playground/act", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ as: person, type, ...fields }),
    });
    return await answer.json();
  } catch {
    return { ok: false, error: "The playground does not answer. Is it still running?", lost: true };
  }
}

/** Calls `changed` at once and whenever anything changed; `live(false)` when the connection is lost. */
export function watch(person, changed, live) {
  const source = new EventSource(`/playground/stream?as=${encodeURIComponent(person)}`);
  source.onmessage = () => { live(true); changed(); };
  source.onerror = () => live(false);
  return () => source.close();
}
