<?xml version="1.0" encoding="UTF-8"?>
<!-- An OAI-ORE resource map in Atom (version 0.9, as DSpace harvests it) from the XOAI document of an item.

     The aggregation holds the files a visitor may see, of all bundles but ORE (where a harvester keeps the map it
     found). The triples say which bundle each is of. All addresses are on this repository's host: harvesters
     may refuse files on another host than that of the item's page. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:atom="http://www.w3.org/2005/Atom"
    xmlns:ore="http://www.openarchives.org/ore/terms/"
    xmlns:oreatom="http://www.openarchives.org/ore/atom/"
    xmlns:dcterms="http://purl.org/dc/terms/"
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <xsl:template match="/x:metadata">
    <xsl:variable name="dc" select="x:element[@name='dc']/x:element"/>
    <xsl:variable name="others" select="x:element[@name='others']"/>
    <xsl:variable name="repository" select="x:element[@name='repository']"/>
    <!-- The third part of the OAI identifier is the handle, escaped as a URI needs it. -->
    <xsl:variable name="handle" select="substring-after(substring-after($others/x:field[@name='identifier'], ':'), ':')"/>
    <xsl:variable name="page" select="concat($repository/x:field[@name='url'], '/handle/', $handle)"/>
    <xsl:variable name="modified" select="$others/x:field[@name='lastModifyDate']"/>
    <xsl:variable name="files" select="x:element[@name='bundles']/x:element[not(x:field[@name='name']='ORE')]
        /x:element[@name='bitstreams']/x:element"/>
    <atom:entry xsi:schemaLocation="http://www.w3.org/2005/Atom http://www.kbcafe.com/rss/atom.xsd.xml">
      <atom:id><xsl:value-of select="concat($page, '/ore.xml')"/></atom:id>
      <atom:link rel="alternate" href="{$page}"/>
      <atom:link rel="http://www.openarchives.org/ore/terms/describes" href="{$page}/ore.xml"/>
      <atom:link rel="self" type="application/atom+xml" href="{$page}/ore.xml#atom"/>
      <xsl:variable name="available"
          select="$dc[@name='date']/x:element[@name='available']/descendant::x:field[@name='value'][1]"/>
      <xsl:variable name="timestamp"><xsl:call-template name="timestamp"><xsl:with-param name="text" select="$available"/></xsl:call-template></xsl:variable>
      <xsl:if test="$timestamp != ''">
        <atom:published><xsl:value-of select="$timestamp"/></atom:published>
      </xsl:if>
      <atom:updated><xsl:value-of select="$modified"/></atom:updated>
      <!-- Atom wants an author; the repository stands for items that have none. -->
      <atom:source>
        <atom:author><atom:name><xsl:value-of select="$repository/x:field[@name='name']"/></atom:name></atom:author>
        <atom:generator><xsl:value-of select="$repository/x:field[@name='name']"/></atom:generator>
      </atom:source>
      <!-- Exactly one title. -->
      <xsl:variable name="titles" select="$dc[@name='title']/descendant::x:field[@name='value']"/>
      <atom:title>
        <xsl:value-of select="$titles[1]"/>
        <xsl:if test="not($titles)"><xsl:value-of select="$others/x:field[@name='handle']"/></xsl:if>
      </atom:title>
      <xsl:for-each select="$dc[@name='contributor']/x:element[@name='author']/x:element/x:field[@name='value']
          | $dc[@name='creator']/descendant::x:field[@name='value']">
        <atom:author><atom:name><xsl:value-of select="."/></atom:name></atom:author>
      </xsl:for-each>
      <atom:category scheme="http://www.openarchives.org/ore/terms/"
          term="http://www.openarchives.org/ore/terms/Aggregation" label="Aggregation"/>
      <atom:category scheme="http://www.openarchives.org/ore/atom/modified" term="{$modified}"/>
      <atom:category scheme="http://www.dspace.org/objectModel/" term="DSpaceItem" label="DSpace Item"/>
      <xsl:for-each select="$files">
        <atom:link rel="http://www.openarchives.org/ore/terms/aggregates"
            href="{x:field[@name='url']}" title="{x:field[@name='name']}">
          <xsl:if test="contains(x:field[@name='format'], '/')">
            <xsl:attribute name="type"><xsl:value-of select="x:field[@name='format']"/></xsl:attribute>
          </xsl:if>
          <xsl:if test="x:field[@name='size'] &gt; 0">
            <xsl:attribute name="length"><xsl:value-of select="x:field[@name='size']"/></xsl:attribute>
          </xsl:if>
        </atom:link>
      </xsl:for-each>
      <oreatom:triples>
        <rdf:Description rdf:about="{$page}/ore.xml#atom">
          <rdf:type rdf:resource="http://www.dspace.org/objectModel/DSpaceItem"/>
          <dcterms:modified><xsl:value-of select="$modified"/></dcterms:modified>
        </rdf:Description>
        <xsl:for-each select="$files">
          <rdf:Description rdf:about="{x:field[@name='url']}">
            <rdf:type rdf:resource="http://www.dspace.org/objectModel/DSpaceBitstream"/>
            <dcterms:description><xsl:value-of select="../../x:field[@name='name']"/></dcterms:description>
          </rdf:Description>
        </xsl:for-each>
      </oreatom:triples>
    </atom:entry>
  </xsl:template>

  <!-- `text`, if it is a moment as Atom writes it (YYYY-MM-DDThh:mm:ssZ, one that there is); else nothing. -->
  <xsl:template name="timestamp">
    <xsl:param name="text"/>
    <xsl:variable name="year" select="substring($text, 1, 4)"/>
    <xsl:variable name="month" select="substring($text, 6, 2)"/>
    <xsl:variable name="leap" select="($year mod 4 = 0 and $year mod 100 != 0) or $year mod 400 = 0"/>
    <xsl:variable name="days" select="substring('312831303130313130313031', 2 * $month - 1, 2) + ($leap and $month = 2)"/>
    <xsl:if test="translate($text, '123456789', '000000000') = '0000-00-00T00:00:00Z' and $year &gt; 0
        and $month &gt; 0 and substring($text, 9, 2) &gt; 0 and substring($text, 9, 2) &lt;= $days
        and substring($text, 12, 2) &lt; 24 and substring($text, 15, 2) &lt; 60 and substring($text, 18, 2) &lt; 60">
      <xsl:value-of select="$text"/>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
