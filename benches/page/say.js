/** Tells the host something; resolves once that is done. */
export const say = (said) => fetch("/said", { method: "POST", body: JSON.stringify(said) });
