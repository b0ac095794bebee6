//! A wallet of FollowTheMoney, with what other entities say of it.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use crate::address::{self, Kind};
use crate::list::{Category, Designation, ListEntry};

use super::super::Limits;
use super::super::fault::RowFault;
use super::super::held::bytes_of;
use super::super::json_fields::{Fields, Several, add_addresses};
use super::super::row::Locator;
use super::entity::{Link, Properties};
use super::order::{Orders, SEVERAL_MAX, extend};

/// A wallet as its own entity tells of it.
#[derive(Default)]
pub(super) struct Wallet {
    pub(super) id: String,
    pub(super) line: u64,
    pub(super) addresses: Vec<String>,
    /// Why others could not be read.
    lost: Vec<RowFault>,
    /// How many ids of accounts at an exchange it gives.
    pub(super) accounts: u64,
    /// The ids of those whose it is.
    pub(super) holders: Vec<String>,
    ticker: Option<String>,
    names: Vec<String>,
    topics: Vec<String>,
    exchange: Option<String>,
    reference: Option<String>,
    fault: Option<RowFault>,
}

/// Who holds wallets.
#[derive(Default)]
pub(super) struct Holder {
    names: Vec<String>,
    topics: Vec<String>,
    programs: Vec<String>,
}

/// What other entities say.
#[derive(Default)]
pub(super) struct Told {
    pub(super) holders: HashMap<String, Holder>,
    pub(super) orders: HashMap<String, Orders>,
}

impl Wallet {
    /// Returns a wallet of which nothing is known yet.
    pub(super) fn new(id: &str, line: u64) -> Self {
        Self {
            id: id.to_owned(),
            line,
            ..Self::default()
        }
    }

    /// Takes what a wallet's entity says.
    pub(super) fn add(&mut self, said: &Properties, limits: &Limits) {
        let mut fields = Fields::new(limits);
        let (accounts, addresses): (Vec<&str>, Vec<&str>) = said
            .public_key
            .iter()
            .chain(&said.crypto_address)
            .map(|text| &**text)
            // Until 2025 account ids were given as public keys.
            .partition(|text| is_account_id(text));
        add_addresses(&mut self.addresses, &mut self.lost, addresses, limits);
        self.accounts += (accounts.len() + said.account_id.len()) as u64;
        let tickers = said.currency.iter().chain(&said.currency_symbol);
        let mut tickers = tickers.chain(&said.blockchain);
        if self.ticker.is_none() {
            self.ticker = tickers
                .next()
                .and_then(|text| fields.text("currency", text));
        }
        if self.exchange.is_none() {
            let exchange = said.managing_exchange.first();
            self.exchange = exchange.and_then(|text| fields.text("managingExchange", text));
        }
        if self.reference.is_none() {
            let url = said.source_url.first();
            self.reference = url.and_then(|text| fields.text("sourceUrl", text));
        }
        let names = said.name.iter().chain(&said.alias);
        let names = names.filter(|name| !self.addresses.contains(name));
        extend(
            &mut self.names,
            fields.names(names.map(|name| &**name)),
            limits.names_max,
        );
        let topics = said.topics.iter().map(|topic| &**topic);
        let topics = fields.several("topics", topics, SEVERAL_MAX);
        extend(&mut self.topics, topics, SEVERAL_MAX);
        for holder in &said.holder {
            self.is_held_by(holder.id());
        }
        self.fault = self.fault.take().or(fields.fault());
    }

    /// Takes whose it is.
    pub(super) fn is_held_by(&mut self, holder: &str) {
        self.holders.push(holder.to_owned());
    }

    /// Forgets that somebody was named twice as whose it is. That is done once,
    /// when all were named, so that it takes no longer the more there are.
    pub(super) fn conclude(&mut self) {
        let mut known = HashSet::new();
        let holders = self.holders.iter();
        let is_new: Vec<bool> = holders.map(|id| known.insert(id.as_str())).collect();
        let mut is_new = is_new.into_iter();
        self.holders.retain(|_| is_new.next() == Some(true));
    }

    /// Returns about how much memory it takes, but for what may be much: its
    /// addresses and whose it is.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.ticker, &self.exchange, &self.reference];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let lost = self.lost.len() * size_of::<RowFault>();
        // Its id is held twice, and more than once referred to.
        let own = size_of::<Self>() + 2 * self.id.len() + 128;
        own + texts + lost + bytes_of(&self.names) + bytes_of(&self.topics)
    }

    /// Returns a row per address, and per address that was lost.
    pub(super) fn rows(mut self, told: &Told, at: &Locator, ctx: &Context<'_>) -> Several {
        let is_blank = self.addresses.is_empty() && self.lost.is_empty();
        if is_blank && self.accounts == 0 {
            self.lost.push(RowFault::NoAddress);
        }
        let (entry, fault) = self.entry(told, ctx);
        Several {
            locator: at.clone(),
            lost: self.lost.into_iter(),
            addresses: self.addresses.into_iter(),
            tickers: HashMap::new(),
            entry,
            fault,
        }
    }

    /// Tells whether nothing is said against it: there is no order, and all
    /// topics of it and its holders only say what somebody is.
    pub(super) fn is_harmless(&self, told: &Told) -> bool {
        let mut ids = self.holders.iter().chain([&self.id]);
        let mut topics = self.all_topics(told).peekable();
        topics.peek().is_some()
            && topics.all(|topic| !accuses(topic))
            && !ids.any(|id| told.orders.contains_key(id))
    }

    /// Returns the topics of it and of all its holders.
    fn all_topics<'a>(&'a self, told: &'a Told) -> impl Iterator<Item = &'a String> {
        let holders = self.holders.iter().filter_map(|id| told.holders.get(id));
        let theirs = holders.flat_map(|holder| &holder.topics);
        self.topics.iter().chain(theirs)
    }

    /// Returns the entry that its addresses share.
    fn entry(&self, told: &Told, ctx: &Context<'_>) -> (ListEntry, Option<RowFault>) {
        let mut fields = Fields::new(ctx.limits);
        let own = told.orders.get(&self.id);
        let held = self.holders.iter().filter_map(|id| told.orders.get(id));
        let held: Vec<&Orders> = held.collect();
        let all = || own.into_iter().chain(held.iter().copied());
        let holders = self.holders.iter().filter_map(|id| told.holders.get(id));
        let holders: Vec<&Holder> = holders.take(SEVERAL_MAX).collect();

        let mut subjects = Vec::new();
        let mut programs = Vec::new();
        let mut topics = self.topics.clone();
        let mut authorities = Vec::new();
        for holder in &holders {
            extend(&mut subjects, holder.names.clone(), ctx.limits.names_max);
            extend(&mut topics, holder.topics.clone(), SEVERAL_MAX);
        }
        for orders in all().take(SEVERAL_MAX) {
            extend(&mut programs, orders.programs.clone(), SEVERAL_MAX);
            extend(
                &mut authorities,
                orders.authorities.clone(),
                ctx.limits.names_max,
            );
        }
        for holder in &holders {
            extend(&mut programs, holder.programs.clone(), SEVERAL_MAX);
        }
        if subjects.is_empty() {
            subjects.clone_from(&self.names);
        }
        let any_sanction = all().any(|orders| orders.any_sanction);
        let category = category_of(&topics, any_sanction, ctx.category);
        let ends = all().filter_map(|orders| orders.last_end).max();
        // OpenSanctions takes a topic away when what it stands for is over.
        let is_accused = self.all_topics(told).any(|topic| accuses(topic));
        let is_over = !is_accused && !all().any(|orders| orders.any_open);
        let end_overruled = ends.filter(|_| is_accused);
        let reference = own.and_then(|own| own.reference.clone());
        let reference = reference.or_else(|| self.reference.clone());
        let entry = ListEntry {
            ticker: self.ticker.clone(),
            designation: Designation {
                subjects,
                programs,
                subject_id: fields.text("id", self.holders.first().unwrap_or(&self.id)),
                designated_on: held.iter().filter_map(|orders| orders.first_day).min(),
            },
            listed_on: own.and_then(|own| own.first_day),
            delisted_on: ends.filter(|_| is_over),
            reference: reference.or_else(|| all().find_map(|orders| orders.reference.clone())),
            note: fields.text(
                "note",
                &self.note(category, &topics, &authorities, end_overruled),
            ),
            ..ListEntry::bare("", category)
        };
        let fault = self.fault.clone().or(fields.fault());
        (
            entry,
            fault.or_else(|| all().find_map(|orders| orders.fault.clone())),
        )
    }

    fn note(
        &self,
        category: Category,
        topics: &[String],
        authorities: &[String],
        end_overruled: Option<Date>,
    ) -> String {
        let mut parts = Vec::new();
        if !authorities.is_empty() {
            parts.push(format!("listed by {}", authorities.join(", ")));
        }
        if let Some(exchange) = &self.exchange {
            parts.push(format!("held at {exchange}"));
        }
        if category == Category::Other && !topics.is_empty() {
            parts.push(format!("topics {}", topics.join(", ")));
        }
        if let Some(end) = end_overruled {
            parts.push(format!("an order ends on {end}"));
        }
        parts.join("; ")
    }
}

impl Holder {
    /// Returns about how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.names, &self.topics, &self.programs];
        let texts = texts.into_iter().map(|texts| bytes_of(texts));
        size_of::<Self>() + texts.sum::<usize>()
    }

    /// Takes what its entity says.
    pub(super) fn add(&mut self, said: &Properties, limits: &Limits) {
        let mut fields = Fields::new(limits);
        let names = said
            .name
            .iter()
            .chain(&said.alias)
            .chain(&said.previous_name);
        extend(
            &mut self.names,
            fields.names(names.map(|name| &**name)),
            limits.names_max,
        );
        let topics = said.topics.iter().map(|topic| &**topic);
        let topics = fields.several("topics", topics, SEVERAL_MAX);
        extend(&mut self.topics, topics, SEVERAL_MAX);
        let programs = said.program.iter().chain(&said.program_id);
        extend(
            &mut self.programs,
            fields.several("program", programs.map(|text| &**text), SEVERAL_MAX),
            SEVERAL_MAX,
        );
    }
}

/// What every row is made with.
pub(super) struct Context<'a> {
    pub(super) category: Category,
    pub(super) limits: &'a Limits,
}

/// Tells the id of an account at an exchange: digits that are no address.
fn is_account_id(text: &str) -> bool {
    let text = text.trim();
    let is_address = || {
        let reading = address::parse(text);
        let known = |candidate: &address::Candidate| candidate.kind != Kind::Opaque;
        reading.fault.is_none() && reading.candidates.iter().any(known)
    };
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // No address is longer, and reading one takes longer the longer it is.
    is_digits && (text.len() > 128 || !is_address())
}

/// Tells whether a topic is held against whom it is given, and does not only
/// say what they are: an office, a company, a bank.
fn accuses(topic: &str) -> bool {
    let families = ["role", "gov", "corp", "fin", "pol", "rel", "mil"];
    let family = topic.split('.').next().unwrap_or_default();
    topic == "corp.disqual" || !families.contains(&family)
}

/// Returns the gravest category that the topics stand for.
fn category_of(topics: &[String], any_sanction: bool, default: Category) -> Category {
    let known = [
        ("sanction", Category::Sanctions),
        ("crime.terror", Category::TerroristFinancing),
        ("crime.theft", Category::Theft),
        ("crime.fraud", Category::Scam),
    ];
    let told = known
        .iter()
        .find(|(topic, _)| topics.iter().any(|has| has == topic));
    match told {
        Some(&(_, category)) => category,
        None if any_sanction => Category::Sanctions,
        None if topics.iter().any(|topic| topic.starts_with("crime")) => Category::Other,
        None => default,
    }
}

/// Returns the ids of several links.
pub(super) fn ids(links: &[Link]) -> impl Iterator<Item = &str> {
    links.iter().map(Link::id)
}
