"use client";
// The server renders it, for which it imports everbus; what is published is so in the page.
import { entity, openBus } from "everbus";
import { useEffect } from "react";
import { shop } from "../../shop.js";

export default function Page() {
  useEffect(() => {
    globalThis.outcome = shop({ entity, openBus });
  }, []);
  return <h1>A shop</h1>;
}
