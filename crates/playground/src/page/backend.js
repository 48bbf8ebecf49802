// Requests to the playground: a user's screen, the stream of changes, and actions.

/** Returns the screen of `person`, or null if the playground cannot be reached. */
export async function fetchScreen(person) {
  try {
    const answer = await fetch(`/playground/state?as=${encodeURIComponent(person)}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Acts as `person`. Returns `{ok, error?, ...}` and never throws. */
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

/** Calls `changed` immediately and after every change, and `live(false)` if the connection is lost. */
export function watch(person, changed, live) {
  const source = new EventSource(`/playground/stream?as=${encodeURIComponent(person)}`);
  source.onmessage = () => { live(true); changed(); };
  source.onerror = () => live(false);
  return () => source.close();
}
