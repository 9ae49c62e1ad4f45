/** The canvas's colours, which style.css names: so light and dark are decided in one place. */
export interface Theme {
  land: string;
  coast: string;
  border: string;
  muted: string;
  ink: string;
  paper: string;
  route: string;
  airport: string;
  hub: string;
  plane: string;
  /** What is new, chosen or pointed at. */
  spark: string;
  created: string;
  updated: string;
  deleted: string;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    land: color("land"),
    coast: color("coast"),
    border: color("border"),
    muted: color("muted"),
    ink: color("ink"),
    paper: color("paper"),
    route: color("route"),
    airport: color("airport"),
    hub: color("hub"),
    plane: color("plane"),
    spark: color("spark"),
    created: color("created"),
    updated: color("updated"),
    deleted: color("deleted"),
  };
}
