/** The ways in which a script may try to reach a port, as statements that fail where it is not reached. */
export function attemptsAt(port: number): Record<string, string> {
  const address = `127.0.0.1:${port}`;
  return {
    fetches: `await fetch("http://${address}/x", { mode: "no-cors" })`,
    "fetches by name": `await fetch("http://localhost:${port}/x", { mode: "no-cors" })`,
    "fetches over TLS": `await fetch("https://${address}/x", { mode: "no-cors" })`,
    "fetches in another notation": `await fetch("http://2130706433:${port}/", { mode: "no-cors" })`,
    "fetches over IPv6": `await fetch("http://[::ffff:127.0.0.1]:${port}/", { mode: "no-cors" })`,
    "asks the cloud": `await fetch("http://169.254.169.254/latest/", { mode: "no-cors" })`,
    "is redirected": `await fetch("/to-trap", { mode: "no-cors" })`,
    "opens a web socket": `await new Promise((done, fail) => { const s = new WebSocket("ws://${address}/"); s.onopen = done; s.onerror = fail })`,
    "opens a secure web socket": `await new Promise((done, fail) => { const s = new WebSocket("wss://${address}/"); s.onopen = done; s.onerror = fail })`,
    "loads a script": `await new Promise((done, fail) => { const s = document.createElement("script"); s.src = "http://${address}/s.js"; s.onload = done; s.onerror = fail; document.head.append(s) })`,
    "loads a picture": `await new Promise((done, fail) => { const s = new Image(); s.onload = done; s.onerror = fail; s.src = "http://${address}/s.png" })`,
    "fetches in a worker": `await new Promise((done, fail) => { const w = new Worker(URL.createObjectURL(new Blob(["fetch('http://${address}/w',{mode:'no-cors'}).then(()=>postMessage(1),()=>postMessage(0))"]))); w.onmessage = ({ data }) => data ? done() : fail(Error("refused")) })`,
    "reads a file": `await fetch("file:///etc/passwd")`,
    "sends a beacon": `navigator.sendBeacon("http://${address}/b", "x"); throw Error("refused")`,
    "asks STUN": `const c = new RTCPeerConnection({ iceServers: [{ urls: "stun:${address}" }, { urls: "turn:${address}?transport=tcp", username: "u", credential: "p" }] }); c.createDataChannel("x"); await c.setLocalDescription(await c.createOffer()); throw Error("refused")`,
    "opens a WebTransport": `await new WebTransport("https://${address}/").ready`,
  };
}
