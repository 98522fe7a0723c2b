declare const __AXONER_VERSION__: string | undefined;

/** Whether this is the built program, whose files never change. */
export const isBuilt = typeof __AXONER_VERSION__ === "string";

/** The version in package.json, put in by the build. */
export const version: string = typeof __AXONER_VERSION__ === "string" ? __AXONER_VERSION__ : "0.0.0-source";
