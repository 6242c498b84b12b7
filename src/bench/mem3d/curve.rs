//! The loaded-latency curve: what a read waits for, as more is asked of the memory.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use plotters::prelude::*;
use serde::Serialize;

/// Size of the plot in pixels.
const SIZE: (u32, u32) = (900, 560);
const COLOURS: [RGBColor; 4] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
];

/// A pattern at rising loads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The pattern.
    pub pattern: &'static str,
    /// From the lowest load to the highest.
    pub points: Vec<Point>,
}

/// A pattern at one load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Bytes asked for, as a share of the peak.
    pub offered: f64,
    /// Bytes moved, as a share of the peak.
    pub achieved: f64,
    /// Latency that half of the reads do not exceed, nanoseconds.
    pub p50_ns: f64,
    /// Latency that 99 of a hundred reads do not exceed, nanoseconds.
    pub p99_ns: f64,
}

/// The curves as an SVG document. Latencies are on a logarithmic axis: beyond what the memory can carry they grow for as
/// long as the traffic lasts.
///
/// # Errors
///
/// What the plotter says.
pub fn svg(title: &str, curves: &[Curve]) -> Result<String, String> {
    let mut text = String::new();
    draw(title, curves, &mut text).map_err(|e| e.to_string())?;
    Ok(text)
}

fn draw(
    title: &str,
    curves: &[Curve],
    text: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let largest = |value: fn(&Point) -> f64| points().map(value).fold(0.0, f64::max);
    let smallest = points().map(|point| point.p50_ns).fold(1e9, f64::min);
    let loads = 0.0..10.0 * (10.0 * largest(|point| point.offered)).ceil().max(1.0);
    let latencies = Decades::around(smallest, largest(|point| point.p99_ns));

    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(loads, latencies)?;
    chart
        .configure_mesh()
        .x_desc("offered load, % of peak bandwidth")
        .y_desc("read latency, ns")
        .x_labels(13)
        .x_label_formatter(&|load| format!("{load:.0}"))
        .y_label_formatter(&|latency| format!("{latency:.0}"))
        .axis_desc_style(("sans-serif", 16))
        .label_style(("sans-serif", 14))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let p50 = |point: &Point| (100.0 * point.offered, point.p50_ns);
        let p99 = |point: &Point| (100.0 * point.offered, point.p99_ns);
        let lines = [
            ("p50", curve.points.iter().map(p50).collect::<Vec<_>>(), 3),
            ("p99", curve.points.iter().map(p99).collect(), 1),
        ];
        for (percentile, line, width) in lines {
            let style = colour.stroke_width(width);
            chart
                .draw_series(LineSeries::new(line, style).point_size(width + 1))?
                .label(format!("{}, {percentile}", curve.pattern))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], style));
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(32)
        .margin(12)
        .background_style(WHITE)
        .border_style(BLACK)
        .label_font(("sans-serif", 14))
        .draw()?;
    root.present()?;
    Ok(())
}

/// A logarithmic axis over whole decades, with a line at 1, 2 and 5 of each.
#[derive(Clone, Copy, Debug)]
struct Decades {
    low: i32,
    high: i32,
}

impl Decades {
    fn around(smallest: f64, largest: f64) -> Self {
        let low = smallest.max(1.0).log10().floor() as i32;
        let high = largest.max(1.0).log10().ceil() as i32;
        Self {
            low,
            high: high.max(low + 1),
        }
    }
}

impl Ranged for Decades {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        let share =
            (value.max(1.0).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        pixels.0 + (share.clamp(0.0, 1.0) * f64::from(pixels.1 - pixels.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        let decade = |exponent: i32| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(exponent));
        let mut points: Vec<f64> = (self.low..self.high).flat_map(decade).collect();
        points.push(10_f64.powi(self.high));
        points
    }

    fn range(&self) -> std::ops::Range<f64> {
        10_f64.powi(self.low)..10_f64.powi(self.high)
    }
}

impl plotters::coord::ranged1d::ValueFormatter<f64> for Decades {
    fn format(value: &f64) -> String {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves() -> Vec<Curve> {
        let points = |slope: f64| {
            let point = |load: u32| Point {
                offered: f64::from(load) / 100.0,
                achieved: f64::from(load) / 100.0,
                p50_ns: 60.0 + slope * f64::from(load),
                p99_ns: 90.0 + 80.0 * slope * f64::from(load),
            };
            (1..=12).map(|tenth| point(10 * tenth)).collect()
        };
        vec![
            Curve {
                pattern: "random read",
                points: points(1.0),
            },
            Curve {
                pattern: "50/50 stream",
                points: points(3.0),
            },
        ]
    }

    #[test]
    fn the_plot_is_well_formed_and_names_axes_units_and_curves() {
        let text = svg("hbm3, one vault, 64 entries", &curves()).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        let elements = |name: &'static str| {
            let all = root.descendants();
            all.filter(move |node| node.tag_name().name() == name)
        };
        let words: Vec<&str> = elements("text")
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        for expected in [
            "hbm3, one vault, 64 entries",
            "offered load, % of peak bandwidth",
            "read latency, ns",
            "random read, p50",
            "random read, p99",
            "50/50 stream, p50",
            "50/50 stream, p99",
            "0",
            "120",
            "50",
            "100000",
        ] {
            assert!(words.contains(&expected), "{expected} in {words:?}");
        }
        // Four lines of twelve points each.
        let long = elements("polyline").filter_map(|node| node.attribute("points"));
        let of_12 = long.filter(|points| points.split_whitespace().count() == 12);
        assert_eq!(of_12.count(), 4);
        assert_eq!(elements("circle").count(), 48);
    }

    #[test]
    fn higher_latencies_are_higher_and_decades_evenly_spaced() {
        let axis = Decades::around(60.0, 9000.0);
        assert_eq!((axis.low, axis.high), (1, 4));
        let at = |value: f64| axis.map(&value, (400, 100));
        assert_eq!(
            [at(10.0), at(100.0), at(1000.0), at(10_000.0)],
            [400, 300, 200, 100]
        );
        assert_eq!(at(1e9), 100);
        assert_eq!(axis.key_points(10).len(), 10);
    }

    #[test]
    fn no_points_are_a_plot_too() {
        let text = svg("nothing", &[]).unwrap();
        roxmltree::Document::parse(&text).unwrap();
    }
}
