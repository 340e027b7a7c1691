/** A QR code as a picture in the page: one path of squares, and words for who cannot see it. */
import { html, type Html } from "@castellan/web";
import { encode } from "uqr";

export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: "M", border: 0 });
  const path = data
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join("");
  return html`<svg
    class="qr"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
  >
    <path fill="#000" d="${path}" />
  </svg>`;
}
