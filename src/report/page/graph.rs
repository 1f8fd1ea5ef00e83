//! The ways to administrator, drawn from left to right: who is furthest away stands leftmost.
//!
//! ```text
//! routes -> nodes (a principal, or several with the same way) and edges -> layers by the most steps that are left
//!        -> places within layers, each near whom it leads to -> SVG
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::markup::Markup;
use crate::posture::escalation::ADMINISTRATOR;
use crate::report::escalations::ITSELF;
use crate::report::{Escalating, Route};

/// How many ways are drawn: those of most principals. The table below the drawing has them all.
pub(super) const DRAWN: usize = 14;

const WIDTH: usize = 194;
const HEIGHT: usize = 46;
const ACROSS: usize = 240;
const DOWN: usize = 62;
const MARGIN: usize = 12;
/// How many characters of a name fit into a node; of what is done next, which is smaller, ten more.
const FITS: usize = 20;

/// Somebody on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    /// How many others have the same way.
    pub(super) others: usize,
    /// What is done next; empty for an administrator.
    pub(super) how: String,
    /// 0 for administrators.
    pub(super) layer: usize,
    /// From the top of its layer.
    pub(super) row: usize,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// From which node to which, and whether it depends on conditions.
    pub(super) edges: BTreeSet<(usize, usize, bool)>,
}

impl Graph {
    /// Of the first ways.
    pub(super) fn of(escalating: &Escalating) -> Self {
        let mut graph = Self::default();
        let mut places = BTreeMap::new();
        for route in escalating.routes.iter().take(DRAWN) {
            graph.add(route, &mut places);
        }
        graph.put();
        graph
    }

    fn add(&mut self, route: &Route, places: &mut BTreeMap<String, usize>) {
        let Some(first) = route.principals.first() else { return };
        // One alone is the same node wherever it stands; several are a node of their own.
        let others = route.count.saturating_sub(1);
        let key = if others == 0 { first.to_string() } else { format!("{first} {others} {}", self.nodes.len()) };
        let mut stops = vec![(key, short(first), others, Vec::new())];
        for step in &route.steps {
            let Some((_, _, _, doing)) = stops.last_mut() else { return };
            doing.push(step.how);
            if &*step.to != ITSELF {
                stops.push((step.to.to_string(), short(&step.to), 0, Vec::new()));
            }
        }
        // What one makes of itself in the end is administrator.
        if stops.last().is_some_and(|(_, _, _, doing)| !doing.is_empty()) {
            stops.push((ADMINISTRATOR.to_owned(), ADMINISTRATOR.to_owned(), 0, Vec::new()));
        }
        let last = stops.len() - 1;
        let mut before = None;
        for (place, (key, name, others, doing)) in stops.into_iter().enumerate() {
            let node = *places.entry(key).or_insert_with(|| {
                self.nodes.push(Node { name, others, how: String::new(), layer: 0, row: 0 });
                self.nodes.len() - 1
            });
            let known = &mut self.nodes[node];
            known.layer = known.layer.max(last - place);
            if known.how.is_empty() {
                known.how = doing.join(", then ");
            }
            if let Some(before) = before.replace(node).filter(|before| *before != node) {
                self.edges.insert((before, node, route.conditional));
            }
        }
    }

    /// Puts each node beside whom it leads to, layer by layer from the right.
    fn put(&mut self) {
        let most = self.nodes.iter().map(|node| node.layer).max().unwrap_or(0);
        for layer in 0..=most {
            let mut members: Vec<usize> =
                (0..self.nodes.len()).filter(|node| self.nodes[*node].layer == layer).collect();
            members.sort_by_key(|node| {
                let leads = self.edges.iter().filter(|(from, to, _)| from == node && self.nodes[*to].layer < layer);
                (leads.map(|(_, to, _)| self.nodes[*to].row).min().unwrap_or(0), *node)
            });
            for (row, node) in members.into_iter().enumerate() {
                self.nodes[node].row = row;
            }
        }
    }

    fn most(&self, of: impl Fn(&Node) -> usize) -> usize {
        self.nodes.iter().map(of).max().unwrap_or(0)
    }

    /// The left upper corner of a node.
    fn corner(&self, node: &Node) -> (usize, usize) {
        (MARGIN + (self.most(|one| one.layer) - node.layer) * ACROSS, MARGIN + node.row * DOWN)
    }

    /// Draws it.
    pub(super) fn draw(&self, page: &mut Markup, says: &str) {
        let width = 2 * MARGIN + self.most(|one| one.layer) * ACROSS + WIDTH;
        let height = 2 * MARGIN + self.most(|one| one.row) * DOWN + HEIGHT;
        let (view, wide, high) = (format!("0 0 {width} {height}"), width.to_string(), height.to_string());
        let size = [("viewBox", &*view), ("width", &wide), ("height", &high), ("role", "img"), ("aria-label", says)];
        page.element("svg", &size, |page| {
            page.said("title", &[], "Ways to administrator");
            page.said("desc", &[], says);
            page.literal(
                "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
                 orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" class=\"tip\"/></marker></defs>",
            );
            for (from, to, conditional) in &self.edges {
                self.edge(page, &self.nodes[*from], &self.nodes[*to], *conditional);
            }
            for node in &self.nodes {
                self.node(page, node);
            }
        });
    }

    fn edge(&self, page: &mut Markup, from: &Node, to: &Node, conditional: bool) {
        let ((left, top), (right, bottom)) = (self.corner(from), self.corner(to));
        let (begin, end) = (left + WIDTH, right);
        let (top, bottom) = (top + HEIGHT / 2, bottom + HEIGHT / 2);
        let bend = if end > begin { (begin + end) / 2 } else { begin + 24 };
        let path = format!("M{begin} {top}C{bend} {top} {bend} {bottom} {end} {bottom}");
        let class = if conditional { "edge conditional" } else { "edge" };
        page.element("path", &[("d", &path), ("class", class), ("marker-end", "url(#tip)")], |_| {});
    }

    fn node(&self, page: &mut Markup, node: &Node) {
        let (left, top) = self.corner(node);
        let class = if node.layer == 0 { "node goal" } else { "node" };
        page.element("g", &[("class", class)], |page| {
            let others = if node.others == 0 { String::new() } else { format!(" +{}", node.others) };
            let name = format!("{}{others}", node.name);
            page.said("title", &[], &if node.how.is_empty() { name } else { format!("{name}: {}", node.how) });
            let [x, y, width, height] = [left, top, WIDTH, HEIGHT].map(|number| number.to_string());
            let box_ = [("x", &*x), ("y", &y), ("width", &width), ("height", &height), ("rx", "6")];
            page.element("rect", &box_, |_| {});
            let x = (left + 12).to_string();
            let [upper, lower] = [top + 20, top + 36].map(|number| number.to_string());
            page.said(
                "text",
                &[("x", &x), ("y", &upper), ("class", "who")],
                &format!("{}{others}", cut(&node.name, FITS - others.len().min(FITS))),
            );
            let how = if node.layer == 0 { "may do everything" } else { &node.how };
            page.said("text", &[("x", &x), ("y", &lower), ("class", "how")], &cut(how, FITS + 10));
        });
    }
}

/// The kind and the name of an ARN: `role/deploy`, its path left out.
pub(super) fn short(arn: &str) -> String {
    let Some((_, resource)) = arn.rsplit_once(':') else { return arn.to_owned() };
    match (resource.split_once('/'), resource.rsplit_once('/')) {
        (Some((kind, _)), Some((_, name))) => format!("{kind}/{name}"),
        _ => resource.to_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::Step;

    fn route(principals: &[&str], steps: &[(&str, &'static str)]) -> Route {
        Route {
            count: principals.len(),
            principals: principals.iter().map(|arn| Arc::from(*arn)).collect(),
            conditional: false,
            steps: steps.iter().map(|(to, how)| Step { to: (*to).into(), how, needs: Vec::new() }).collect(),
            mend: None,
        }
    }

    fn graph(routes: Vec<Route>) -> Graph {
        let escalating = Escalating {
            principals: 0,
            administrators: 0,
            administrator_arns: Vec::new(),
            reaching: 0,
            routes,
            best_changes: Vec::new(),
            unreadable: 0,
        };
        Graph::of(&escalating)
    }

    const ROLE: &str = "arn:aws:iam::123456789012:role/ci/deploy";

    #[test]
    fn who_stands_on_two_ways_is_drawn_once_and_what_one_makes_of_itself_is_no_step() {
        let graph = graph(vec![
            route(
                &["arn:aws:iam::123456789012:user/bob"],
                &[(ROLE, "assume"), (ITSELF, "attach"), (ADMINISTRATOR, "do")],
            ),
            route(&[ROLE], &[(ITSELF, "attach"), (ADMINISTRATOR, "do")]),
            route(&["arn:aws:iam::123456789012:user/a", "arn:aws:iam::123456789012:user/b"], &[(ITSELF, "attach")]),
        ]);
        let nodes: Vec<_> =
            graph.nodes.iter().map(|node| (node.name.as_str(), node.layer, node.how.as_str())).collect();
        assert_eq!(
            nodes,
            [
                ("user/bob", 2, "assume"),
                ("role/deploy", 1, "attach, then do"),
                ("administrator", 0, ""),
                ("user/a", 1, "attach"),
            ]
        );
        assert_eq!(graph.nodes.iter().map(|node| node.others).collect::<Vec<_>>(), [0, 0, 0, 1]);
        assert_eq!(graph.edges, [(0, 1, false), (1, 2, false), (3, 2, false)].into());
        assert_eq!(graph.nodes.iter().map(|node| node.row).collect::<Vec<_>>(), [0, 0, 0, 1]);
    }

    #[test]
    fn no_more_are_drawn_than_can_be_looked_at() {
        let arns: Vec<String> = (0..40).map(|number| format!("arn:aws:iam::123456789012:user/u{number}")).collect();
        let graph = graph(arns.iter().map(|arn| route(&[arn], &[(ADMINISTRATOR, "do")])).collect());
        assert_eq!(graph.nodes.len(), DRAWN + 1);
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("\u{e4}\u{f6}\u{fc}", 2), "\u{e4}\u{f6}\u{2026}");
        assert_eq!((cut("ab", 2).as_str(), short(ROLE).as_str()), ("ab", "role/deploy"));
    }
}
