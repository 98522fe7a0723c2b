import type { Icon } from "./catalogue.ts";

/** docs/icon.svg as a PNG of sixteen colours: small, because it stands in the first reply of every start. */
const pixels =
  "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwBAMAAAClLOS0AAAAMFBMVEUAAAAUUHoUUHoUUHoUUHopYIY/cJJUgJ5pkKp/oLaUr8Oqv8+/z9vU3+fq7/P///+6qOLgAAAABHRSTlMAQIDAY+6xoQAAAQBJREFUeNq91KFOxEAQBuAhvAABXuCSewBI+gLQKb00BFWJrESSrEDUnD/DI6DOVCLPcNh7hDP4lSTlrj/Zthu23R1TwS8m2f2yU9MZIqLziAeJZ9Tmgr1cm/sTDuSMiC5DcCM8ME9Ow3AV7mR6zcNwS1EYYmIh/wx3ShUheNFA8+7DE9p8jmGBPssRbICjxh74GUIG1LwDV8DbAEo0hYFU49uFRGPLBvgRTe5A1h4NJLrv1cFD28AAr/DlQIkPC/f9Rzqo8GohQ+3ADs8WUhwGkFtIRvBXdSNAVyeCUnso5dYe4GUyrL1M++HEMRAHRxw1cTjFcRYXgLwyxCUjrKVfN7epZZ8IsBYAAAAASUVORK5CYII=";

export const icons: readonly Icon[] = [
  { src: `data:image/png;base64,${pixels}`, mimeType: "image/png", sizes: ["48x48"] },
];
