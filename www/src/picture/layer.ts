/** How a picture is looked at: enlarged by `k`, then shifted by so many pixels. */
export interface Sight {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

/** A transparent sheet of canvas, as sharp as the screen. */
export class Layer {
  #density = 1;
  readonly canvas = document.createElement("canvas");
  readonly pen: CanvasRenderingContext2D;

  constructor(parent: HTMLElement, className: string) {
    const pen = this.canvas.getContext("2d");
    if (pen === null) throw new Error("this browser has no 2d canvas");
    this.pen = pen;
    this.canvas.className = className;
    parent.append(this.canvas);
  }

  resize(width: number, height: number): void {
    this.#density = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * this.#density);
    this.canvas.height = Math.round(height * this.#density);
    this.aim({ k: 1, x: 0, y: 0 });
    this.pen.lineCap = "round";
    this.pen.lineJoin = "round";
  }

  /** From here on the pen takes the units of what is looked at so. */
  aim({ k, x, y }: Sight): void {
    const density = this.#density;
    this.pen.setTransform(density * k, 0, 0, density * k, density * x, density * y);
  }

  clear(): void {
    this.pen.save();
    this.pen.resetTransform();
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.pen.restore();
  }
}
