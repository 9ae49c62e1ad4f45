/** A transparent sheet of canvas, as sharp as the screen. */
export class Layer {
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
    const density = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.pen.setTransform(density, 0, 0, density, 0, 0);
    this.pen.lineCap = "round";
    this.pen.lineJoin = "round";
  }

  clear(): void {
    this.pen.save();
    this.pen.resetTransform();
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.pen.restore();
  }
}
