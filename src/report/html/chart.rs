//! Charts as SVG. Their colours are names in disguise: the page's style gives each the colour that
//! suits light, dark and paper, which an SVG with colours of its own could not follow.

use maud::{Markup, PreEscaped, html};
use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::*;

/// Text and axes.
const INK: RGBColor = RGBColor(1, 1, 1);
/// Lines of the grid.
const GRID: RGBColor = RGBColor(2, 2, 2);
/// What a chart is about.
const MAIN: RGBColor = RGBColor(3, 3, 3);
/// Failures.
const BAD: RGBColor = RGBColor(4, 4, 4);
/// A limit.
const LIMIT: RGBColor = RGBColor(5, 5, 5);
/// The target asked for fewer calls.
const SLOW: RGBColor = RGBColor(6, 6, 6);
/// The target was down, or nothing is known.
const DOWN: RGBColor = RGBColor(7, 7, 7);

/// Width, height and size of the letters, in the units of the drawing.
#[derive(Debug, Clone, Copy)]
struct Size {
    width: u32,
    height: u32,
    letters: u32,
}

/// For a page as wide as a screen.
const WIDE: Size = Size {
    width: 960,
    height: 260,
    letters: 15,
};

/// For half of such a page.
const HALF: Size = Size {
    width: 440,
    height: 250,
    letters: 14,
};

/// For a telephone.
const NARROW: Size = Size {
    width: 400,
    height: 260,
    letters: 18,
};

/// A stretch of a chart that is marked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    /// Where it begins, in seconds.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
    /// The target asked for fewer calls; otherwise it was down or silent.
    pub(super) slow: bool,
}

/// Calls over running time.
#[derive(Debug)]
pub(super) struct Pace<'a> {
    /// From, to (in seconds), calls per second, and how many of them failed.
    pub(super) steps: &'a [(f64, f64, f64, f64)],
    /// The quota.
    pub(super) limit: f64,
    /// Pauses.
    pub(super) bands: &'a [Band],
    /// Beginnings of sessions after the first.
    pub(super) breaks: &'a [f64],
}

/// One bar, and the label at its left edge or below its middle.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) height: u64,
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Throughput, for wide and for narrow pages.
pub(super) fn pace(pace: &Pace<'_>, description: &str) -> Markup {
    html! {
        (figure("wide", description, WIDE, |svg, size| draw_pace(svg, size, pace)))
        (figure("narrow", description, NARROW, |svg, size| draw_pace(svg, size, pace)))
    }
}

/// A histogram for half of a wide page, or a narrow one; `last` is the label of the right edge.
pub(super) fn histogram(bars: &[Bar], last: &str, description: &str) -> Markup {
    let draw = |svg: &mut String, size| draw_histogram(svg, size, bars, last);
    html! {
        (figure("wide", description, HALF, draw))
        (figure("narrow", description, NARROW, draw))
    }
}

/// A bar for a cell of a table, as long as its share of the longest.
pub(super) fn cell_bar(part: u64, longest: u64) -> Markup {
    const LENGTH: u32 = 240;
    const HEIGHT: u32 = 8;
    let mut svg = String::new();
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, (LENGTH, HEIGHT)).into_drawing_area();
        let length = part.saturating_mul(u64::from(LENGTH)) / longest.max(1);
        let length = i32::try_from(length).unwrap_or(0).max(1);
        let bar = Rectangle::new([(0, 0), (length, 8)], MAIN.mix(0.6).filled());
        root.draw(&bar).and_then(|()| root.present()).is_ok()
    };
    html! {
        @if drawn { span.bar aria-hidden="true" { (PreEscaped(svg)) } }
    }
}

/// A drawing with a description for those who do not see it. A drawing that fails is left out: the
/// page's tables hold its numbers.
fn figure(
    class: &str,
    description: &str,
    size: Size,
    draw: impl FnOnce(&mut String, Size) -> Drawn,
) -> Markup {
    let mut svg = String::new();
    let drawn = draw(&mut svg, size).is_ok();
    html! {
        @if drawn {
            div.chart.(class) role="img" aria-label=(description) { (PreEscaped(svg)) }
        }
    }
}

fn draw_pace(svg: &mut String, size: Size, pace: &Pace<'_>) -> Drawn {
    let root = SVGBackend::with_string(svg, (size.width, size.height)).into_drawing_area();
    let end = pace.steps.iter().map(|step| step.1).fold(1.0, f64::max);
    let highest = pace
        .steps
        .iter()
        .map(|step| step.2)
        .fold(pace.limit, f64::max);
    let (unit, scale) = time_unit(end);
    let end = end / scale;
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(size.letters * 5 / 2)
        .y_label_area_size(size.letters * 3)
        .build_cartesian_2d(0.0..end, 0.0..highest * 1.1)?;
    mesh(&mut chart, size, &|x| format!("{} {unit}", short(*x)))?;
    for band in pace.bands {
        let colour = if band.slow { SLOW } else { DOWN };
        // A short pause of a long night would be invisible.
        let least = end / f64::from(size.width) * 2.0;
        let (from, to) = (band.from / scale, (band.to / scale).min(end));
        let corners = [(from, 0.0), (to.max(from + least), highest * 1.1)];
        chart.draw_series([Rectangle::new(corners, colour.mix(0.25).filled())])?;
    }
    let all = outline(pace.steps, scale, |step| step.2);
    let failed = outline(pace.steps, scale, |step| step.3);
    chart.draw_series(
        AreaSeries::new(all, 0.0, MAIN.mix(0.22)).border_style(MAIN.stroke_width(2)),
    )?;
    if pace.steps.iter().any(|step| step.3 > 0.0) {
        chart.draw_series(
            AreaSeries::new(failed, 0.0, BAD.mix(0.35)).border_style(BAD.stroke_width(1)),
        )?;
    }
    let line = [(0.0, pace.limit), (end, pace.limit)];
    chart.draw_series(DashedLineSeries::new(line, 6, 4, LIMIT.stroke_width(2)))?;
    for &at in pace.breaks {
        let line = [(at / scale, 0.0), (at / scale, highest * 1.1)];
        chart.draw_series(DashedLineSeries::new(line, 2, 3, INK.stroke_width(1)))?;
    }
    root.present()
}

/// The corners of a line that goes in steps.
fn outline(
    steps: &[(f64, f64, f64, f64)],
    scale: f64,
    height: impl Fn(&(f64, f64, f64, f64)) -> f64,
) -> Vec<(f64, f64)> {
    steps
        .iter()
        .flat_map(|step| {
            let height = height(step);
            [(step.0 / scale, height), (step.1 / scale, height)]
        })
        .collect()
}

/// The unit in which a span of so many seconds is easily read, and its length in seconds.
fn time_unit(span: f64) -> (&'static str, f64) {
    if span < 180.0 {
        ("s", 1.0)
    } else if span < 3.0 * 3600.0 {
        ("min", 60.0)
    } else {
        ("h", 3600.0)
    }
}

fn draw_histogram(svg: &mut String, size: Size, bars: &[Bar], last: &str) -> Drawn {
    let root = SVGBackend::with_string(svg, (size.width, size.height)).into_drawing_area();
    let highest = bars.iter().map(|bar| bar.height).max().unwrap_or(1).max(1);
    let count = i32::try_from(bars.len()).unwrap_or(i32::MAX).max(1);
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .margin_right(22)
        .x_label_area_size(size.letters * 5 / 2)
        .y_label_area_size(size.letters * 4)
        .build_cartesian_2d(0..count, 0.0..float(highest) * 1.08)?;
    let label = |at: &i32| {
        let bar = usize::try_from(*at).ok().and_then(|at| bars.get(at));
        bar.map_or(last, |bar| bar.label.as_str()).to_owned()
    };
    bars_mesh(&mut chart, size, count, &label)?;
    let drawn = bars.iter().zip(0_i32..).map(|(bar, at)| {
        let corners = [(at, 0.0), (at + 1, float(bar.height))];
        let mut bar = Rectangle::new(corners, MAIN.mix(0.7).filled());
        bar.set_margin(0, 0, 1, 1);
        bar
    });
    chart.draw_series(drawn)?;
    root.present()
}

type Plane<'a, 'b, X> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, RangedCoordf64>>;

fn mesh(
    chart: &mut Plane<'_, '_, RangedCoordf64>,
    size: Size,
    label: &dyn Fn(&f64) -> String,
) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if size.width > 600 { 10 } else { 5 })
        .y_labels(5)
        .x_label_formatter(&label)
        .y_label_formatter(&|y| short(*y))
        .axis_style(GRID)
        .bold_line_style(GRID.stroke_width(1))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", size.letters).into_font().color(&INK))
        .draw()
}

fn bars_mesh(
    chart: &mut Plane<'_, '_, RangedCoordi32>,
    size: Size,
    bars: i32,
    label: &dyn Fn(&i32) -> String,
) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(
            usize::try_from(bars.clamp(1, if size.width < HALF.width { 4 } else { 8 }))
                .unwrap_or(8)
                + 1,
        )
        .y_labels(5)
        .x_label_formatter(&label)
        // There is no half of a call.
        .y_label_formatter(&|y| {
            if y.fract() == 0.0 {
                short(*y)
            } else {
                String::new()
            }
        })
        .axis_style(GRID)
        .bold_line_style(GRID.stroke_width(1))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", size.letters).into_font().color(&INK))
        .draw()
}

/// A number for an axis: `0.5`, `150`, `12k`, `3.5M`.
pub(super) fn short(number: f64) -> String {
    let (value, suffix) = match number {
        _ if number >= 1e9 => (number / 1e9, "G"),
        _ if number >= 1e6 => (number / 1e6, "M"),
        _ if number >= 1e4 => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    format!("{text}{suffix}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a bar is some hundred pixels high"
)]
fn float(number: u64) -> f64 {
    number as f64
}
