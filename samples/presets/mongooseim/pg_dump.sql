--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';

CREATE TABLE public.users (
    username character varying(250) NOT NULL,
    server character varying(250) NOT NULL
);

COPY public.inbox (luser, lserver, remote_bare_jid, box, content, unread_count) FROM stdin;
ada	example.org	ops@muclight.example.org	inbox	<body>a\tb, "c"</body>	4
ada	example.org	ben@example.org	inbox	\N	2
\.

COPY public.users (username, server) FROM stdin;
ada	example.org
\.

--
-- PostgreSQL database dump complete
--
