/**
 * Where a place is on the page. `geoAlbersUsa` has the fifty states; two insets of our own hold what it leaves out:
 * Puerto Rico with the Virgin Islands, and the islands of the Pacific. So every airport of the data is on the map.
 */
import { geoAlbersUsa, geoEquirectangular, geoMercator, type GeoProjection } from "d3-geo";
import type { MultiPoint } from "geojson";

export type Place = [longitude: number, latitude: number];
export type Point = [x: number, y: number];

export interface Inset {
  label: string;
  projection: GeoProjection;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The map's own size, in the units of the insets below; a page scales it. */
const WIDTH = 975;
const HEIGHT = 610;
const CARIBBEAN = { label: "Caribbean islands", x: 848, y: 462, width: 122, height: 54 };
const PACIFIC = { label: "Pacific islands", x: 848, y: 538, width: 122, height: 60 };

export class Projection {
  readonly width: number;
  readonly height: number;
  readonly states: GeoProjection;
  readonly insets: readonly [caribbean: Inset, pacific: Inset];

  /** Fits the map into a width; its height follows. */
  constructor(width: number) {
    const scale = width / WIDTH;
    this.width = width;
    this.height = HEIGHT * scale;
    this.states = geoAlbersUsa()
      .scale(1300 * scale)
      .translate([(WIDTH / 2) * scale, (HEIGHT / 2) * scale]);
    this.insets = [
      inset(CARIBBEAN, scale, geoMercator(), [-67.6, 17.5], [-64.4, 18.7]),
      inset(PACIFIC, scale, geoEquirectangular().rotate([-145, 0]), [98, -17], [-168, 21]),
    ];
  }

  /** The point of a place, or `undefined` for one outside the map. */
  toPoint(place: Place): Point | undefined {
    const point = this.states(place);
    if (point !== null) return point;
    for (const inset of this.insets) {
      const point = inset.projection(place);
      if (point !== null && contains(inset, point)) return point;
    }
    return undefined;
  }

  toPlace(point: Point): Place | undefined {
    const inset = this.insets.find((it) => contains(it, point));
    return (inset?.projection ?? this.states).invert?.(point) ?? undefined;
  }
}

type Frame = Omit<Inset, "projection">;

function inset(frame: Frame, scale: number, projection: GeoProjection, southWest: Place, northEast: Place): Inset {
  const scaled: Frame = {
    label: frame.label,
    x: frame.x * scale,
    y: frame.y * scale,
    width: frame.width * scale,
    height: frame.height * scale,
  };
  const { x, y, width, height } = scaled;
  const corners: MultiPoint = { type: "MultiPoint", coordinates: [southWest, northEast] };
  return { ...scaled, projection: projection.fitExtent([[x, y], [x + width, y + height]], corners) };
}

function contains({ x, y, width, height }: Frame, point: Point): boolean {
  return point[0] >= x && point[0] <= x + width && point[1] >= y && point[1] <= y + height;
}
