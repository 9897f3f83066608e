//! The operands before an operator, and where those of one that shows text stand.

use hayro_syntax::object::Name;

use super::content::{Cut, Joint, Show, Shows};
use super::lexer::{Kind, Token, Written};

const OPERANDS_MAX: usize = 100_000;

/// The operands before an operator.
#[derive(Default)]
pub struct Operands {
    tokens: Vec<Token>,
    /// Where the last array begins in the tokens.
    array: Option<usize>,
    open: usize,
}

impl Operands {
    pub fn push(&mut self, token: Token) {
        if self.tokens.len() >= OPERANDS_MAX {
            return;
        }
        match token.kind {
            Kind::ArrayOpen => {
                if self.open == 0 {
                    self.array = Some(self.tokens.len());
                }
                self.open += 1;
            }
            Kind::ArrayClose => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.tokens.push(token);
    }

    pub fn clear(&mut self) {
        self.tokens.clear();
        (self.array, self.open) = (None, 0);
    }

    pub fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.tokens.iter().filter_map(|token| match token.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        })
    }

    pub fn name<'b>(&self, bytes: &'b [u8]) -> Option<Name<'b>> {
        let token = self.tokens.iter().rev().find(|token| token.kind == Kind::Name)?;
        Name::new(&bytes[token.span.start + 1..token.span.end])
    }

    pub fn starts_with(&self, bytes: &[u8], name: &[u8]) -> bool {
        self.tokens.first().is_some_and(|token| &bytes[token.span.clone()] == name)
    }
}

/// Where the operator and its strings stand.
pub fn show_of<'t>(bytes: &[u8], operands: &'t Operands, operator: &Token) -> Option<(Show, &'t [Token])> {
    let tokens = &operands.tokens;
    let kind = match &bytes[operator.span.clone()] {
        b"TJ" => Shows::Array,
        b"Tj" => Shows::Text,
        b"'" => Shows::NextLine,
        _ => Shows::NextLineSpaced,
    };
    let last = tokens.last()?;
    let (pieces, operand) = match kind {
        Shows::Array => {
            let from = operands.array?;
            let closed = last.kind == Kind::ArrayClose;
            let to = tokens.len() - usize::from(closed);
            (tokens.get(from + 1..to)?, tokens[from].span.start..last.span.end)
        }
        _ => (std::slice::from_ref(last), last.span.clone()),
    };
    let is_string = |token: &Token| matches!(token.kind, Kind::Literal | Kind::Hex);
    if kind != Shows::Array && !pieces.iter().all(is_string) {
        return None;
    }
    let number = |back: usize| tokens.len().checked_sub(back).map_or(0, |at| tokens[at].span.end);
    let show = Show {
        kind,
        operator: operator.span.clone(),
        operand,
        numbers: [number(3), number(2)],
        brackets: vec![],
        end: 0,
        is_final: false,
    };
    Some((show, pieces))
}

/// The place before a byte of a string. At both ends of a string it is outside.
pub fn cut(token: &Token, written: &Written, byte: usize) -> Cut {
    let joint = if token.kind == Kind::Hex { Joint::Hex } else { Joint::Literal };
    match byte {
        0 => Cut { at: token.span.start, joint: Joint::Outside },
        _ if byte >= written.bytes.len() => Cut { at: token.span.end, joint: Joint::Outside },
        _ => Cut { at: written.at[byte], joint },
    }
}
