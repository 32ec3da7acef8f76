/** Programs that use Curator: the classes that they run with, and what has to be installed. */
import { REFERENCE_CLASSES } from "../support/subjects.ts";

const JARS = ["curator-recipes", "curator-framework", "curator-client", "guava", "slf4j-nop"].map(
  (name) => `/usr/share/java/${name}.jar`,
);
export const CURATOR_CLASSES = [...JARS, REFERENCE_CLASSES].join(":");
/** Files that must be there, and the packages that bring them. */
export const CURATOR_NEEDS = {
  "/usr/share/java/curator-recipes.jar": "libcurator-recipes-java",
  "/usr/bin/javac": "default-jdk-headless",
};
