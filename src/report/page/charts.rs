//! Bars, drawn as SVG. Each says in words what it shows, and no value is told by a colour alone.

use super::markup::Markup;

/// A chart with a bar for each line, of one or two parts.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// What it shows.
    pub(super) title: &'static str,
    /// What its parts are; none where each bar is one.
    pub(super) parts: &'a [&'static str],
    /// The bars: what each is of, and how much each part is.
    pub(super) bars: &'a [(&'a str, &'a [usize])],
}

const WIDTH: usize = 440;
const LABELS: usize = 150;
const VALUES: usize = 56;
const BAR: usize = 18;
const STEP: usize = 28;

/// The classes of the first part and of the second, which is hatched.
const FILLS: [&str; 2] = ["bar", "bar second"];

impl Chart<'_> {
    /// Draws it.
    pub(super) fn draw(&self, page: &mut Markup) {
        page.element("figure", &[("class", "chart")], |page| {
            page.said("figcaption", &[], self.title);
            self.legend(page);
            self.picture(page);
        });
    }

    fn legend(&self, page: &mut Markup) {
        if self.parts.is_empty() {
            return;
        }
        page.element("p", &[("class", "legend"), ("aria-hidden", "true")], |page| {
            for (part, class) in self.parts.iter().zip(["key", "key second"]) {
                page.element("span", &[("class", class)], |_| {});
                page.said("span", &[], part);
            }
        });
    }

    fn picture(&self, page: &mut Markup) {
        let most = self.bars.iter().map(|(_, values)| values.iter().sum::<usize>()).max().unwrap_or(0).max(1);
        let room = WIDTH - LABELS - VALUES;
        let height = self.bars.len() * STEP;
        let view = format!("0 0 {WIDTH} {height}");
        page.element("svg", &[("viewBox", &view), ("role", "img"), ("aria-label", &self.says())], |page| {
            page.said("title", &[], self.title);
            page.said("desc", &[], &self.says());
            for (place, (label, values)) in self.bars.iter().enumerate() {
                let top = place * STEP + (STEP - BAR) / 2;
                let base = (top + BAR - 5).to_string();
                let x = (LABELS - 10).to_string();
                page.said("text", &[("x", &x), ("y", &base), ("class", "label")], label);
                let mut left = LABELS;
                for (value, class) in values.iter().zip(FILLS) {
                    // What is there is seen, however little it is.
                    let width = if *value == 0 { 0 } else { (value * room / most).max(2) };
                    let [x, y, width_text, bar] = [left, top, width, BAR].map(|number| number.to_string());
                    let place = [("x", &*x), ("y", &y), ("width", &width_text), ("height", &bar), ("class", class)];
                    page.element("rect", &place, |_| {});
                    left += width;
                }
                let written: Vec<String> = values.iter().map(ToString::to_string).collect();
                let total: usize = values.iter().sum();
                let value = if values.len() > 1 && total > 0 { written.join(" + ") } else { total.to_string() };
                let x = (left + 6).to_string();
                page.said("text", &[("x", &x), ("y", &base), ("class", "value")], &value);
            }
        });
    }

    fn says(&self) -> String {
        let bar = |(label, values): &(&str, &[usize])| match self.parts {
            [] => format!("{label}: {}", values.iter().sum::<usize>()),
            parts => {
                let said: Vec<String> =
                    parts.iter().zip(*values).map(|(part, value)| format!("{value} {part}")).collect();
                format!("{label}: {}", said.join(", "))
            }
        };
        let bars: Vec<String> = self.bars.iter().map(bar).collect();
        format!("{}. {}", self.title, bars.join("; "))
    }
}
