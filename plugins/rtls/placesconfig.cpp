// SPDX-License-Identifier: Apache-2.0
#include "placesconfig.h"

namespace tagwire::rtls {

QString wrongClass(const QString &name) {
  for (const QChar character : name) {
    const bool ascii = character.unicode() < 128;
    if (ascii && (character.isLetterOrNumber() || character == u'-' || character == u'_')) continue;
    return QStringLiteral("may hold letters, digits, - and _ only");
  }
  return {};
}

void CircleConfig::describe(Shape<CircleConfig> &shape) {
  shape.required("center", &CircleConfig::center, "[x, y]")
      .exampleJson("[50, 30]")
      .range(2, 2)
      .eachWithin(-largestMeasure, largestMeasure);
  shape.required("radius", &CircleConfig::radius, "in the length unit")
      .example(3)
      .range(tiniestMeasure, largestMeasure);
}

void PlanConfig::describe(Shape<PlanConfig> &shape) {
  shape.required("image", &PlanConfig::image, "a PNG, JPEG or SVG file of up to 20 MiB, relative to the manifest")
      .example("hall.png")
      .range(1, 4096);
  shape.required("scale", &PlanConfig::scale, "length units for each of its pixels")
      .example(0.05)
      .range(1e-9, largestMeasure);
  shape.required("origin", &PlanConfig::origin, "[x, y] of its lower left corner")
      .exampleJson("[0, 0]")
      .range(2, 2)
      .eachWithin(-largestMeasure, largestMeasure);
  shape.optional("rotation", &PlanConfig::rotation, "about that corner, in degrees counter-clockwise").range(-360, 360);
}

void ProximityConfig::describe(Shape<ProximityConfig> &shape) {
  shape.required("id", &ProximityConfig::id, "number of the rule").example(7).range(1, 2147483647);
  shape.required("name", &ProximityConfig::name, "what people call it").example("Forklift near people").range(1, 200);
  shape.required("between", &ProximityConfig::between, "two classes of tags; one: among themselves")
      .exampleJson("[\"person\", \"vehicle\"]")
      .range(1, 2);
  shape.required("distance", &ProximityConfig::distance, "nearer than this, or just so near, is a collision")
      .example(3)
      .range(tiniestMeasure, largestMeasure);
  shape.optional("exit_tolerance", &ProximityConfig::exitTolerance, "so much farther off still is one")
      .range(0, largestMeasure);
  shape.optional("ongoing_ms", &ProximityConfig::ongoing, "least time between two ongoing events; none if 0 or absent")
      .range(0, weekMs);
  shape.optional("zone", &ProximityConfig::zone, "id of a zone: only while both are in it").example(417);
  shape
      .optional("z_distance", &ProximityConfig::zDistance,
                "distance is measured on the plan then, and heights may differ by this; in space if absent")
      .example(2)
      .range(0, largestMeasure);
}

void UnaccompaniedConfig::describe(Shape<UnaccompaniedConfig> &shape) {
  shape.required("id", &UnaccompaniedConfig::id, "number of the rule").example(8).range(1, 2147483647);
  shape.required("name", &UnaccompaniedConfig::name, "what people call it").example("Visitor alone").range(1, 200);
  shape.required("class", &UnaccompaniedConfig::tagClass, "who is not to move about alone").example("person");
  shape.required("needs", &UnaccompaniedConfig::needs, "class of those of whom one must be near").example("person");
  shape.required("distance", &UnaccompaniedConfig::distance, "how near, in space")
      .example(3)
      .range(tiniestMeasure, largestMeasure);
  shape.optional("zone", &UnaccompaniedConfig::zone, "id of a zone: only while it is in there").example(417);
  shape.optional("delay_ms", &UnaccompaniedConfig::delay, "alone for so long").range(0, weekMs);
  shape.optional("move", &UnaccompaniedConfig::move, "and so far from where that began").range(0, largestMeasure);
}

void ControlPointConfig::describe(Shape<ControlPointConfig> &shape) {
  shape.required("local", &ControlPointConfig::local, "[x, y] in the length unit")
      .exampleJson("[0, 0]")
      .range(2, 2)
      .eachWithin(-largestMeasure, largestMeasure);
  shape.required("wgs84", &ControlPointConfig::wgs84, "the same place as [longitude, latitude], in degrees")
      .exampleJson("[77.5946, 12.9716]")
      .range(2, 2);
}

void GeoReferenceConfig::describe(Shape<GeoReferenceConfig> &shape) {
  shape
      .required("points", &GeoReferenceConfig::points,
                "ground control points, far apart: two give place, turn and scale, further ones say how good they are")
      .range(2, 100);
  shape
      .optional("max_residual", &GeoReferenceConfig::maxResidual,
                "metres a point may be off before it is warned of; 1 % of the extent if absent")
      .example(0.5)
      .range(0, 100'000);
}

}  // namespace tagwire::rtls
