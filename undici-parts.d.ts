/** Parts of undici by their files: its index loads four times as much, which a start would wait for. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}
