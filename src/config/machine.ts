/** The machine as far as it says where programs keep their settings. */
export interface Machine {
  platform: NodeJS.Platform;
  home: string;
  environment: NodeJS.ProcessEnv;
}
